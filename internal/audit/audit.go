// Package audit keeps the audit log: what staff and commands changed, when and by whom. Rows are only ever added.
//
// A change in the database and its entry are one transaction (InTx). A change on the API server comes first and its
// entry follows (After): an entry written beforehand would report changes that were refused or interrupted, and could
// not be corrected. What remains is a change whose entry cannot be written; After then returns NotRecordedError.
package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// maxDetail is the size, in bytes, at which Detail is truncated.
	maxDetail = 2000
	// recordTimeout bounds the writing of an entry after its change.
	recordTimeout = 5 * time.Second
)

// Entry is one row of the audit log.
type Entry struct {
	// ID orders entries. It is set by the database.
	ID int64
	// At is the time of the change. It is set by the Log.
	At time.Time
	// Actor is the user name of the member of staff, or the name of the command.
	Actor string
	// Action is the change in a word or two, such as "suspend".
	Action string
	// Tenant and Username are the tenant and the user that were changed. Empty: none.
	Tenant, Username string
	// Detail lists the changed values, such as "paidUntil 2026-12-01 -> 2027-12-01". It contains no secrets.
	Detail string
}

// NotRecordedError is returned when a change was made but its entry could not be written. Do not repeat the change: log
// the entry instead.
type NotRecordedError struct {
	// Entry is the entry that is missing from the audit log.
	Entry Entry
	// Err is the error of the database.
	Err error
}

func (e *NotRecordedError) Error() string {
	return fmt.Sprintf("record %q by %s: %v", e.Entry.Action, e.Entry.Actor, e.Err)
}

func (e *NotRecordedError) Unwrap() error { return e.Err }

// Log reads and appends entries.
type Log struct {
	db  postgres.Beginner
	now func() time.Time
}

// NewLog returns the audit log in a database.
func NewLog(db postgres.Beginner, now func() time.Time) *Log { return &Log{db: db, now: now} }

// InTx runs change and writes its entry in one transaction: both take effect or neither does.
func (l *Log) InTx(ctx context.Context, e Entry, change func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, l.db, func(tx pgx.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		e.At = l.now()
		return insert(ctx, tx, e)
	})
}

// After writes the entry of a change that has been made outside of the database, even if ctx has ended since. It returns
// a *NotRecordedError if the entry cannot be written.
func (l *Log) After(ctx context.Context, e Entry) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	e.At = l.now()
	if err := insert(ctx, l.db, e); err != nil {
		return &NotRecordedError{Entry: e, Err: err}
	}
	return nil
}

func insert(ctx context.Context, db postgres.Querier, e Entry) error {
	detail := e.Detail
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "")
	}
	_, err := db.Exec(ctx, `INSERT INTO public.audit (at, actor, action, tenant, username, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		e.At, e.Actor, e.Action, e.Tenant, e.Username, detail)
	if err != nil {
		return fmt.Errorf("insert audit entry: %w", err)
	}
	return nil
}

const selectEntries = `SELECT id, at, actor, action, tenant, username, detail FROM public.audit `

// ByTenant lists the entries of a tenant, newest first.
func (l *Log) ByTenant(ctx context.Context, tenant string, limit int) ([]Entry, error) {
	return l.list(ctx, selectEntries+`WHERE tenant = $1 ORDER BY id DESC LIMIT $2`, tenant, limit)
}

// ByUser lists the entries of a user, newest first.
func (l *Log) ByUser(ctx context.Context, username string, limit int) ([]Entry, error) {
	return l.list(ctx, selectEntries+`WHERE username = $1 ORDER BY id DESC LIMIT $2`, username, limit)
}

// Latest lists the entries older than the one with the ID before, newest first. If before is 0, it starts at the newest.
func (l *Log) Latest(ctx context.Context, before int64, limit int) ([]Entry, error) {
	return l.list(ctx, selectEntries+`WHERE $1::bigint = 0 OR id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
}

func (l *Log) list(ctx context.Context, sql string, args ...any) ([]Entry, error) {
	rows, err := l.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	return entries, nil
}
