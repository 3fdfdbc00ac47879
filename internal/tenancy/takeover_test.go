package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var defaultPlatform = tenancy.Installation{Namespace: "echoblogs", Name: "default", PublicURL: "https://example.com", Domain: "example.com"}

// newInstallation returns a database that serves a Platform in the namespace with the UID "first", and its store.
func newInstallation(t *testing.T) *database {
	t.Helper()
	d := newDatabase(t)
	d.store = tenancytest.Open(t, d.Database, tenancy.Options{MaxClockSkew: anySkew, NamespaceUID: "first"})
	if err := d.store.Install(t.Context(), defaultPlatform, now); err != nil {
		t.Fatal(err)
	}
	return d
}

// openFor returns the store of a Platform of that name in a namespace with another UID, which connects with some parameters.
func (d *database) openFor(namespaceUID string, parameters ...string) *tenancy.Store {
	d.t.Helper()
	uri, err := url.Parse(d.OperatorURI)
	if err != nil {
		d.t.Fatal(err)
	}
	query := uri.Query()
	for pair := range slices.Chunk(parameters, 2) {
		query.Set(pair[0], pair[1])
	}
	uri.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return open(d.t, uri.String(), tenancy.Options{
		Application: blog.Application, Public: []application.Set{migrations.Set}, RolePrefix: d.RolePrefix, MaxClockSkew: anySkew, NamespaceUID: namespaceUID,
	})
}

// contents returns every row of the registry, and all schemas.
func (d *database) contents() string {
	d.t.Helper()
	var contents string
	for _, table := range []string{"installation", "tenants", "domains", "tenant_objects", "schema_migrations"} {
		var rows string
		if err := d.pool.QueryRow(d.t.Context(), `SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '') FROM public.`+table+` t`).Scan(&rows); err != nil {
			d.t.Fatal(err)
		}
		contents += table + "\n" + rows + "\n"
	}
	return contents + fmt.Sprint(d.schemas())
}

func wantInUse(t *testing.T, what string, err error, uid string) {
	t.Helper()
	var inUse *tenancy.InUseError
	if !errors.As(err, &inUse) || inUse.NamespaceUID != uid {
		t.Errorf("%s: got %v, want that the database serves the installation %q", what, err, uid)
	}
}

// No write of an operator changes anything after another installation has taken over the database.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	d := newInstallation(t)
	d.create(spec("alice"))
	d.create(spec("bob"))
	d.create(spec("missing"))
	d.exec(`DROP SCHEMA missing CASCADE`)
	if _, err := d.store.Retain(t.Context(), d.find("bob"), deletedTenant, nil, now, now); err != nil {
		t.Fatal(err)
	}
	first, second, bob := d.store, d.openFor("second"), d.find("bob")
	d.exec(`REVOKE USAGE ON SCHEMA alice FROM ` + d.RolePrefix.Role("blog"))
	alice, err := first.Inspect(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}

	before := d.contents()
	wantInUse(t, "prepare", second.Prepare(t.Context()), "first")
	wantInUse(t, "install", second.Install(t.Context(), defaultPlatform, now), "first")
	if err := second.TakeOver(t.Context(), "echoblogs", "default", "third"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, d.contents()); diff != "" {
		t.Errorf("another installation changed the registry (-before +after):\n%s", diff)
	}

	if err := second.TakeOver(t.Context(), "echoblogs", "default", "first"); err != nil {
		t.Fatal(err)
	}
	if err := second.Install(t.Context(), defaultPlatform, now); err != nil {
		t.Error(err)
	}
	before = d.contents()
	edited, ctx, later := alice.Spec, t.Context(), now.Add(time.Hour)
	edited.DisplayName = "Edited"
	writes := map[string]func() error{
		"Prepare":   func() error { return first.Prepare(ctx) },
		"Install":   func() error { return first.Install(ctx, defaultPlatform, later) },
		"Uninstall": func() error { return first.Uninstall(ctx, "echoblogs", "default") },
		"Create":    func() error { return first.Create(ctx, spec("carol"), tenancy.CreateOptions{}, later) },
		"Update":    func() error { return first.Update(ctx, edited, alice.UpdatedAt, later) },
		"Restore":   func() error { return first.Restore(ctx, spec("bob"), bob.ID, later) },
		"Recreate":  func() error { return first.Recreate(ctx, "missing") },
		"Retain": func() error {
			_, err := first.Retain(ctx, alice, deletedTenant, nil, later, later)
			return err
		},
		"Drop": func() error {
			_, err := first.Drop(ctx, alice, nil, later)
			return err
		},
		"Migrate": func() error {
			_, err := first.Migrate(ctx, "alice", "alice")
			return err
		},
		"GrantMissing": func() error {
			_, err := first.GrantMissing(ctx, alice)
			return err
		},
		"Purge": func() error {
			_, err := first.Purge(ctx, later, 10)
			return err
		},
		"Keep":       func() error { return first.Keep(ctx, alice, later) },
		"Suspend":    func() error { return first.Suspend(ctx, alice) },
		"KeepObject": func() error { return first.KeepObject(ctx, alice, deletedTenant.Object) },
		"RecordAnswers": func() error {
			_, err := first.RecordAnswers(ctx, alice.ID, []tenancy.Answer{{Host: "www.alice.org", At: later}}, false, later)
			return err
		},
		"SetPublicHosts": func() error {
			_, err := first.SetPublicHosts(ctx, []string{"example.org"})
			return err
		},
		"DeleteExpiredHolds": func() error { return first.DeleteExpiredHolds(ctx, later) },
	}
	for name, write := range writes {
		wantInUse(t, name, write(), "second")
	}
	if diff := cmp.Diff(before, d.contents()); diff != "" {
		t.Errorf("the installation that was replaced changed the registry (-before +after):\n%s", diff)
	}

	reads := []string{"Close", "FindPrefetched", "Inspect", "Inspector", "Prefetch", "Stat", "TakeOver"}
	store := reflect.TypeFor[*tenancy.Store]()
	for i := range store.NumMethod() {
		method := store.Method(i)
		_, inherited := reflect.TypeFor[tenancy.Reader]().MethodByName(method.Name)
		if writes[method.Name] == nil && !inherited && !slices.Contains(reads, method.Name) {
			t.Errorf("%s is not tried after a takeover", method.Name)
		}
	}
}

// A takeover waits for the transactions in progress, and neither readers nor dumps wait for it.
func TestTakeOverWaitsForTransactions(t *testing.T) {
	t.Parallel()
	for _, isolation := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			d := newInstallation(t)
			d.create(spec("alice"))
			d.create(spec("bob"))
			first, second := d.openFor("first", "default_transaction_isolation", string(isolation)), d.openFor("second")
			alice, bob := d.find("alice"), d.find("bob")

			// A deletion has its lock on the installation, and waits for the row of alice.
			blocker := d.begin(`SELECT FROM public.tenants WHERE name = 'alice' FOR UPDATE`)
			deleted := make(chan error, 1)
			go func() {
				_, err := first.Retain(context.Background(), alice, deletedTenant, nil, now, now)
				deleted <- err
			}()
			d.waitForLocks(1)
			if err := second.TakeOver(t.Context(), "echoblogs", "default", "first"); err == nil {
				t.Fatal("the database was taken over during a deletion")
			}
			taken := make(chan error, 1)
			go func() { // what TakeOver does, without its limit
				_, err := d.pool.Exec(context.Background(), `BEGIN; LOCK TABLE public.installation IN EXCLUSIVE MODE;
					UPDATE public.installation SET namespace_uid = 'second'; COMMIT`)
				taken <- err
			}()
			d.waitForLocks(2)
			if _, err := second.Installation(t.Context()); err != nil {
				t.Error(err)
			}
			d.exec(`BEGIN; LOCK TABLE public.installation IN ACCESS SHARE MODE NOWAIT; COMMIT`) // as pg_dump does
			late := make(chan error, 1)
			go func() {
				_, err := first.Retain(context.Background(), bob, deletedTenant, nil, now, now)
				late <- err
			}()
			d.waitForLocks(3)
			if err := blocker.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-deleted; err != nil {
				t.Errorf("the deletion that had begun: %v", err)
			}
			if err := <-taken; err != nil {
				t.Errorf("the takeover: %v", err)
			}
			wantInUse(t, "a deletion that waited for the takeover", <-late, "second")
			if state := d.find("bob").State; state != tenancy.StateLive {
				t.Errorf("bob is %s", state)
			}
		})
	}
}

// begin runs a statement in a transaction of its own.
func (d *database) begin(sql string) pgx.Tx {
	d.t.Helper()
	tx, err := d.pool.Begin(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // the test may have ended it
	if _, err := tx.Exec(d.t.Context(), sql); err != nil {
		d.t.Fatal(err)
	}
	return tx
}

// waitForLocks waits until a number of sessions wait for locks in the database.
func (d *database) waitForLocks(want int) {
	d.t.Helper()
	for n, deadline := -1, time.Now().Add(20*time.Second); n != want; {
		if time.Now().After(deadline) {
			d.t.Fatalf("%d sessions wait for locks, want %d", n, want)
		}
		err := d.pool.QueryRow(d.t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted
			AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`).Scan(&n)
		if err != nil {
			d.t.Fatal(err)
		}
	}
}
