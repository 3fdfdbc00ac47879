package post

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// Store reads and writes the posts of one tenant. Every statement names the tenant's schema, so that none depends on
// search_path. The text of a statement is built when it runs: kept for each of thousands of tenants, it would take most of a
// replica's memory.
type Store struct {
	schema string
	// table is the quoted name of the posts table, with its schema.
	table string
}

// NewStore returns a Store for the posts in a schema. It is cheap enough to be called for every request.
func NewStore(schema string) Store {
	return Store{schema: schema, table: pgx.Identifier{schema, "posts"}.Sanitize()}
}

// binary requests results in binary format, which is faster to read than text and does not depend on the server's
// DateStyle.
var binary = pgx.QueryResultFormats{pgx.BinaryFormatCode}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
