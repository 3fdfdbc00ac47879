package media_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

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
