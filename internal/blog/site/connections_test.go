package site_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// A backend remembers the tables of all schemas that it has read: after a thousand tenants, another one takes its place.
func TestConnectionsServeThousandTenants(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	pool, err := postgres.NewPool(p.Database.BlogURI, postgres.PoolOptions{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	connections := site.NewConnections(pool, 1)
	backend := func(tenantID int64) (pid uint32) {
		err := connections.Use(t.Context(), tenantID, func(conn *postgres.Conn) error {
			pid = conn.PgConn().PID()
			_, err := conn.Exec(t.Context(), `SELECT`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	first := backend(1)
	for range 2000 {
		if backend(1) != first {
			t.Fatal("a connection ends that has served one tenant")
		}
	}
	for id := range int64(1000) {
		if backend(1+id) != first {
			t.Fatalf("the connection has ended after %d tenants", id)
		}
	}
	if backend(1) == first {
		t.Error("a connection that has served a thousand tenants stays open")
	}
}
