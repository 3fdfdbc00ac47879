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
	// table, revisions and media are the quoted names of tables, with their schema.
	table, revisions, media string
}

// NewStore returns a Store for the posts in a schema. It is cheap enough to be called for every request.
func NewStore(schema string) Store {
	// Quoted once: this is a part of every request.
	quoted := pgx.Identifier{schema}.Sanitize()
	return Store{schema: schema, table: quoted + `."posts"`, revisions: quoted + `."revisions"`, media: quoted + `."media"`}
}

// The conditions and columns of a post that depend on several columns of its row. The former version of the program knows
// published_at alone, so that decides wherever it is set.
const (
	inTrash   = `deleted_at IS NOT NULL AND published_at IS NULL`
	versionAt = `greatest(updated_at, edited_at)`
)

// binary requests results in binary format, which is faster to read than text and does not depend on the server's
// DateStyle.
var binary = pgx.QueryResultFormats{pgx.BinaryFormatCode}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
