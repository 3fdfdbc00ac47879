package blog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// schemaOf creates a tenant with the first migrations, and returns a pool with the operator's role, and the database.
func schemaOf(t *testing.T, migrations int) (*pgxpool.Pool, *postgrestest.Database) {
	t.Helper()
	database := postgrestest.New(t)
	application, at := blog.Application, time.Now()
	application.Migrations = application.Migrations[:migrations]
	if migrations == 1 {
		application.Grants = nil // they name tables of later ones
	}
	err := tenancytest.Open(t, database, tenancy.Options{Application: application}).Create(t.Context(), tenancy.Spec{
		Name: "alice", SchemaName: "alice", DisplayName: "Alice", PrimaryHost: "alice.example.com", PaidUntil: at, SuspendAt: at,
	}, tenancy.CreateOptions{}, at)
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, database.OperatorURI), database
}

func connect(t *testing.T, uri string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// The size of the system catalog limits the number of tenants.
func TestCatalogRowsOfATenant(t *testing.T) {
	t.Parallel()
	pool, _ := schemaOf(t, len(blog.Application.Migrations))
	var count int
	var names string
	// TOAST tables and their indexes are in another schema.
	err := pool.QueryRow(t.Context(), `WITH mine AS (SELECT oid, relname, reltoastrelid FROM pg_class WHERE relnamespace = 'alice'::regnamespace),
		hidden AS (SELECT reltoastrelid AS oid FROM mine WHERE reltoastrelid <> 0)
		SELECT count(*) + (SELECT count(*) FROM hidden) + (SELECT count(*) FROM pg_index JOIN hidden ON indrelid = oid), string_agg(relname, ' ' ORDER BY relname)
		FROM mine`).Scan(&count, &names)
	if err != nil {
		t.Fatal(err)
	}
	if count > 30 {
		t.Errorf("a tenant has %d rows of pg_class, at most 30 are wanted: %s", count, names)
	}
}

// formerBlog are the statements of the blog that knows the first migration only.
func formerBlog(ctx context.Context, t *testing.T, pool *pgxpool.Pool, slug string) {
	t.Helper()
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at, draft_date)
			VALUES ($1, 'Title', 'Alice', 'Text.', '<p>Text.</p>', 'Text.', now(), now(), now(), NULL) ON CONFLICT (slug) DO NOTHING`,
		`SELECT slug, title, author, summary, published_at FROM alice.posts WHERE published_at <= now() AND slug = $1`,
		`UPDATE alice.posts SET title = 'Title', content = 'Other text.', html = '<p>Other text.</p>', summary = 'Other text.', updated_at = now(),
			published_at = now(), draft_date = NULL
			WHERE slug = $1 AND (title, author, content, published_at) IS DISTINCT FROM ('Title', '', 'Other text.', now())`,
	} {
		tag, err := pool.Exec(ctx, statement, slug)
		if err != nil || tag.RowsAffected() != 1 {
			t.Errorf("%.60s changed or read %d rows, %v; want 1", statement, tag.RowsAffected(), err)
		}
	}
}

// The former version of the blog runs until an upgrade is complete, on tables with and without the new columns.
func TestFormerBlogOnTheNewTables(t *testing.T) {
	t.Parallel()
	pool, database := schemaOf(t, 1)
	formerBlog(t.Context(), t, pool, "before")
	store := tenancytest.Open(t, database, tenancy.Options{})
	if _, err := store.Migrate(t.Context(), "alice", "alice"); err != nil {
		t.Fatal(err)
	}
	reader := connect(t, database.BlogURI)
	formerBlog(t.Context(), t, reader, "after")
	var slugs string
	err := reader.QueryRow(t.Context(), `SELECT string_agg(slug, ' ' ORDER BY id) FROM alice.posts
		WHERE search @@ 'other & title'::tsquery AND tags = '{}' AND deleted_at IS NULL AND excerpt = ''`).Scan(&slugs)
	if err != nil || slugs != "before after" {
		t.Errorf("the posts are %q, %v; want both", slugs, err)
	}
	for _, table := range []string{"revisions", "media", "media_chunks", "settings"} {
		if _, err := reader.Exec(t.Context(), `DELETE FROM alice.`+table); err != nil {
			t.Errorf("the blog may not delete from %s: %v", table, err)
		}
	}
}

// A tsvector has at most 1 MB. Compounds are in it as a whole and in their parts, and letters of four bytes are the longest.
func TestAnyContentCanBeSearched(t *testing.T) {
	t.Parallel()
	pool, _ := schemaOf(t, len(blog.Application.Migrations))
	var letters []string
	for i := range 60_000 {
		letters = append(letters, string([]rune{rune(0x20000 + i%40_000), rune(0x20000 + i/3)}))
	}
	for name, text := range map[string]string{
		"words":     strings.Join(letters, " "),
		"compounds": strings.Join(letters, "-"),
		"pairs":     pairs(letters),
		"addresses": "https://example.com/" + strings.Join(letters, " https://example.com/"),
		"paths":     "/" + strings.Join(letters, "/"),
		"ASCII":     numbers(),
	} {
		_, err := pool.Exec(t.Context(), `INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at)
			VALUES ($1, '', '', $2, '', '', now(), now())`, name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// pairs are compounds of two letters each.
func pairs(letters []string) string {
	var text strings.Builder
	for i := 0; i+1 < len(letters); i += 2 {
		text.WriteString(letters[i] + "-" + letters[i+1] + " ")
	}
	return text.String()
}

// numbers are the shortest words that differ.
func numbers() string {
	var text strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&text, "%x-%x ", i, 40_000+i)
	}
	return text.String()
}
