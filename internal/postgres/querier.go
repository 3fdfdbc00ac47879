package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Querier runs statements: a pool, a connection or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Beginner begins a transaction: a pool, a connection or, for a savepoint, a transaction.
type Beginner interface {
	Querier
	Begin(ctx context.Context) (pgx.Tx, error)
}

// NullIfZero returns nil, which is stored as NULL, for the id 0, which stands for no row.
func NullIfZero(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
