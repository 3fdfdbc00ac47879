// Package audit records what staff and operators do. Rows are only ever added.
package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Entry is something that a member of staff did.
type Entry struct {
	// ID orders entries; Record gives it.
	ID int64
	// At is when it was done.
	At time.Time
	// Actor is the user name of who did it.
	Actor string
	// Action says what was done, in a word or two.
	Action string
	// Tenant and Username are what it was done to. Empty: it is about no tenant, or about no user.
	Tenant, Username string
	// Detail says what changed, such as "paidUntil 2026-12-01 -> 2027-12-01". It holds no secret.
	Detail string
}

// maxDetail is how much is kept of what changed, in bytes.
const maxDetail = 2000

// Record writes down what was done. Rows are only ever added.
func Record(ctx context.Context, db postgres.Querier, a Entry) error {
	_, err := db.Exec(ctx, `INSERT INTO public.audit (at, actor, action, tenant, username, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		a.At, a.Actor, a.Action, a.Tenant, a.Username, cut(a.Detail, maxDetail))
	if err != nil {
		return fmt.Errorf("record that %s did %q: %w", a.Actor, a.Action, err)
	}
	return nil
}

// cut shortens s to n bytes, and to whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

const selectEntries = `SELECT id, at, actor, action, tenant, username, detail FROM public.audit `

// ByTenant returns what was done to a tenant, the last first, at most limit.
func ByTenant(ctx context.Context, db postgres.Querier, tenant string, limit int) ([]Entry, error) {
	return query(ctx, db, selectEntries+`WHERE tenant = $1 ORDER BY id DESC LIMIT $2`, tenant, limit)
}

// ByUser returns what was done to a user, the last first, at most limit.
func ByUser(ctx context.Context, db postgres.Querier, username string, limit int) ([]Entry, error) {
	return query(ctx, db, selectEntries+`WHERE username = $1 ORDER BY id DESC LIMIT $2`, username, limit)
}

// Latest returns what was done before the act with an id, the last first, at most limit. 0 stands for the end.
func Latest(ctx context.Context, db postgres.Querier, before int64, limit int) ([]Entry, error) {
	return query(ctx, db, selectEntries+`WHERE $1::bigint = 0 OR id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
}

func query(ctx context.Context, db postgres.Querier, sql string, args ...any) ([]Entry, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list what staff did: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
	if err != nil {
		return nil, fmt.Errorf("list what staff did: %w", err)
	}
	return entries, nil
}
