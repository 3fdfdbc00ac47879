package tenancytest

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Pools prepares a database for the product and returns connections to it with the portal's role and with the operator's,
// which are closed when the test has ended.
func Pools(t testing.TB) (portal, operator *pgxpool.Pool) {
	t.Helper()
	database := NewDatabase(t)
	connect := func(uri string) *pgxpool.Pool {
		pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pool
	}
	return connect(database.PortalURI), connect(database.OperatorURI)
}
