// Package registry reads and writes the public tables: which tenants there are, in which schemas, at which hosts. One
// file holds one table. Values reach SQL as parameters only; every statement keeps the rules for Citus clusters.
package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Hold is how long a freed host, name or schema is kept from everybody else. A blog replica whose view is older than
// 45 s does not answer, so after a minute no replica can show the old owner's posts under it.
const Hold = 60 * time.Second

// Channel is the NOTIFY channel on which the ids of changed tenants are announced.
const Channel = "echoblogs_tenants"

// Querier runs statements: a pool, a connection or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}
