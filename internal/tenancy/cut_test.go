package tenancy_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
)

// If the connection is cut before any of the server's responses, including the one to COMMIT, the tenant exists completely
// or not at all, and the next attempt completes it.
func TestCreationWithCutConnections(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	proxy, uri := faultproxy.NewPostgres(t, d.OperatorURI)
	store := open(t, uri, tenancy.Options{Application: blog.Application, Pool: postgres.PoolOptions{MaxConns: 1}})
	var nothing, all int
	for n := range 250 {
		if _, err := store.Find(t.Context(), "any"); !errors.Is(err, tenancy.ErrNotFound) { // the connection is open now
			t.Fatal(err)
		}
		s := spec(fmt.Sprintf("tenant%d", n))
		s.CustomHosts = []string{fmt.Sprintf("www%d.org", n)}
		proxy.CutBeforeMessage(n)
		err := store.Create(t.Context(), s, tenancy.CreateOptions{}, now)
		if !proxy.Restore() {
			if err != nil || nothing == 0 || all == 0 {
				t.Fatalf("after %d cuts, of which %d left nothing and %d everything: %v", n, nothing, all, err)
			}
			return
		}
		if err == nil {
			t.Fatalf("cut before response %d, and Create returned no error", n)
		}
		switch d.waitSettled(s) {
		case 0:
			nothing++
			if err := store.Create(t.Context(), s, tenancy.CreateOptions{}, now); err != nil {
				t.Fatalf("cut before response %d, the next attempt: %v", n, err)
			}
		case wholeTenant:
			all++
		default:
			t.Fatalf("cut before response %d, something was left half done", n)
		}
		if got := d.count(s); got != wholeTenant {
			t.Fatalf("cut before response %d, and after the next attempt there are %d of %d things", n, got, wholeTenant)
		}
	}
	t.Fatal("creation has more than 250 responses")
}

// wholeTenant counts a row, two hosts, a schema, and a table on which the blog has privileges.
const wholeTenant = 5

func (d *database) count(s tenancy.Spec) (things int) {
	d.t.Helper()
	err := d.pool.QueryRow(d.t.Context(), `SELECT
		(SELECT count(*) FROM public.tenants WHERE name = $1) + (SELECT count(*) FROM public.domains WHERE host = ANY ($2)) +
		(SELECT count(*) FROM pg_namespace WHERE nspname = $3) +
		(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $3 AND c.relname = 'posts'
			AND has_table_privilege('echoblogs_blog', c.oid, 'SELECT, INSERT, UPDATE, DELETE'))`,
		s.Name, append([]string{s.PrimaryHost}, s.CustomHosts...), s.SchemaName).Scan(&things)
	if err != nil {
		d.t.Fatal(err)
	}
	return things
}

// waitSettled waits until the server has noticed that the client is gone, and counts.
func (d *database) waitSettled(s tenancy.Spec) int {
	d.t.Helper()
	admin := connect(d.t, d.AdminURI)
	for {
		var open int
		err := admin.QueryRow(d.t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND usename = 'echoblogs_operator' AND state <> 'idle' AND query NOT LIKE '%pg_stat_activity%'`).Scan(&open)
		if err != nil {
			d.t.Fatal(err)
		}
		if open == 0 {
			return d.count(s)
		}
	}
}

// A migration that ends its own session after any of its statements leaves nothing behind.
func TestCreationWithTerminatedSessions(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	statements := []string{
		"CREATE TABLE posts (id bigint PRIMARY KEY)", "CREATE INDEX ON posts (id)", "CREATE TABLE pages (id bigint PRIMARY KEY)",
	}
	for n := range len(statements) + 1 {
		cut := append([]string{}, statements[:n]...)
		cut = append(cut, "SELECT pg_terminate_backend(pg_backend_pid())")
		cut = append(cut, statements[n:]...)
		store := d.open(application.Migrations{{Version: "0001", Name: "0001_cut.sql", Statements: cut}})
		s := spec(fmt.Sprintf("tenant%d", n))
		err := store.Create(t.Context(), s, tenancy.CreateOptions{}, now)
		var failed *tenancy.MigrationError
		if !errors.As(err, &failed) {
			t.Errorf("ended after statement %d: got %v", n, err)
		}
		if got := d.count(s); got != 0 {
			t.Errorf("ended after statement %d: %d things were left", n, got)
		}
		if err := d.store.Create(t.Context(), s, tenancy.CreateOptions{}, now); err != nil {
			t.Errorf("ended after statement %d, the next attempt: %v", n, err)
		}
	}
}
