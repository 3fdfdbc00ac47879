package media_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// tables are the tables of package media, which newBlog creates.
var tables = []string{
	`CREATE TABLE media (
		id           text PRIMARY KEY,
		name         text NOT NULL,
		type         text NOT NULL,
		size         bigint NOT NULL,
		width        int NOT NULL,
		height       int NOT NULL,
		alt          text NOT NULL,
		created_at   timestamptz NOT NULL,
		completed_at timestamptz,
		variants     jsonb NOT NULL,
		hash         bytea NOT NULL
	)`,
	`CREATE TABLE media_chunks (
		media_id text NOT NULL REFERENCES media ON DELETE CASCADE,
		variant  smallint NOT NULL,
		number   int NOT NULL,
		data     bytea NOT NULL,
		PRIMARY KEY (media_id, variant, number)
	)`,
	// CREATE TABLE has STORAGE from PostgreSQL 16 on.
	`ALTER TABLE media_chunks ALTER COLUMN data SET STORAGE EXTERNAL`,
}

// newBlog returns a pool with the role of the blog, and a Store for the schema of one tenant, whose name requires quoting.
func newBlog(t testing.TB) (*pgxpool.Pool, *media.Postgres) {
	t.Helper()
	database := tenancytest.NewDatabase(t)
	createTenant(t, database, "order")
	pool := connect(t, database.BlogURI)
	return pool, media.NewPostgres(media.UsePool(pool), "order")
}

// createTenant creates a tenant, whose schema has its name.
func createTenant(t testing.TB, database *postgrestest.Database, name string) {
	t.Helper()
	err := tenancytest.Open(t, database, tenancy.Options{}).Create(t.Context(), tenancy.Spec{
		Name: name, SchemaName: name, DisplayName: name, PrimaryHost: name + ".example.com", PaidUntil: now, SuspendAt: now,
	}, tenancy.CreateOptions{}, now)
	if err != nil {
		t.Fatal(err)
	}
	createTables(t, database, name)
}

// createTables creates the tables as the operator does.
func createTables(t testing.TB, database *postgrestest.Database, schema string) {
	t.Helper()
	pool := connect(t, database.OperatorURI)
	role := database.RolePrefix.Role(blog.Program)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		statements := append([]string{`SET LOCAL search_path TO ` + pgx.Identifier{schema}.Sanitize()}, tables...)
		statements = append(statements, `GRANT SELECT, INSERT, UPDATE, DELETE ON media, media_chunks TO `+pgx.Identifier{role}.Sanitize())
		for _, statement := range statements {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func connect(t testing.TB, uri string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
