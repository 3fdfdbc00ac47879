package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Act is something that a member of staff did.
type Act struct {
	// ID orders acts; Record gives it.
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
func Record(ctx context.Context, db Querier, a Act) error {
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

const selectActs = `SELECT id, at, actor, action, tenant, username, detail FROM public.audit `

// ActsByTenant returns what was done to a tenant, the last first, at most limit.
func ActsByTenant(ctx context.Context, db Querier, tenant string, limit int) ([]Act, error) {
	return queryActs(ctx, db, selectActs+`WHERE tenant = $1 ORDER BY id DESC LIMIT $2`, tenant, limit)
}

// ActsByUser returns what was done to a user, the last first, at most limit.
func ActsByUser(ctx context.Context, db Querier, username string, limit int) ([]Act, error) {
	return queryActs(ctx, db, selectActs+`WHERE username = $1 ORDER BY id DESC LIMIT $2`, username, limit)
}

// LatestActs returns what was done before the act with an id, the last first, at most limit. 0 stands for the end.
func LatestActs(ctx context.Context, db Querier, before int64, limit int) ([]Act, error) {
	return queryActs(ctx, db, selectActs+`WHERE $1::bigint = 0 OR id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
}

func queryActs(ctx context.Context, db Querier, sql string, args ...any) ([]Act, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list what staff did: %w", err)
	}
	acts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Act])
	if err != nil {
		return nil, fmt.Errorf("list what staff did: %w", err)
	}
	return acts, nil
}
