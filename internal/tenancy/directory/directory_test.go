package directory_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestMain(m *testing.M) { blogtest.Main(m) }

// tenants is a database with a Directory that reads it.
type tenants struct {
	*blogtest.Platform
	directory *directory.Directory
}

func newTenants(t *testing.T) *tenants {
	t.Helper()
	p := blogtest.NewDatabase(t)
	return &tenants{p, start(p, p.Database.BlogURI)}
}

// start returns a Directory that reads the database at an address until the test ends.
func start(p *blogtest.Platform, address string) *directory.Directory {
	p.T.Helper()
	d, err := directory.New(directory.Options{
		DatabaseURI: address, Name: "test", MetricsPrefix: "test", Log: slog.New(slog.DiscardHandler), Now: p.Clock.Now,
	})
	if err != nil {
		p.T.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		d.Run(ctx)
	}()
	p.T.Cleanup(func() {
		cancel()
		<-stopped
		d.Close()
	})
	return d
}

// After the first attempt, a directory has the tenants, if the database answers.
func TestFirstAttempt(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Create(blogtest.Spec("alice"))
	d := start(p, p.Database.BlogURI)
	<-d.Attempted()
	if found := d.Lookup("alice.example.com"); found == nil || !d.Fresh() {
		t.Errorf("after the first attempt, the directory has %+v", found)
	}
	unreachable := start(p, "postgres://user@127.0.0.1:1/database")
	<-unreachable.Attempted()
	if unreachable.Fresh() {
		t.Error("a directory that cannot read its database says that it is up to date")
	}
}

// want waits until a host leads to a tenant. Empty: to none.
func (p *tenants) want(host, name string) {
	p.T.Helper()
	p.wait(host, func(found *directory.Tenant) bool {
		if name == "" {
			return found == nil && p.directory.Fresh()
		}
		return found != nil && found.Name == name
	})
}

func (p *tenants) wait(host string, check func(*directory.Tenant) bool) {
	p.T.Helper()
	p.Wait("the directory is up to date for "+host, func() error {
		if found := p.directory.Lookup(host); !check(found) {
			return fmt.Errorf("it has %+v", found)
		}
		return nil
	})
}

func (p *tenants) waitTitle(host, title string) {
	p.T.Helper()
	p.wait(host, func(found *directory.Tenant) bool { return found != nil && found.DisplayName == title })
}

// Polls are two seconds apart, so changes that show sooner have been notified.
func TestChangesAreNotified(t *testing.T) {
	t.Parallel()
	p := newTenants(t)
	p.Create(blogtest.Spec("alice"))
	p.want("alice.example.com", "alice")
	p.wantNotified()

	// The listener reconnects when its connection is lost.
	administrator := p.Connect(p.Database.AdminURI)
	_, err := administrator.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'test-listen'`)
	if err != nil {
		t.Fatal(err)
	}
	p.wantNotified()
}

func (p *tenants) wantNotified() {
	p.T.Helper()
	p.Wait("changes are notified", func() error {
		fast := 0
		for i := range 4 {
			s := blogtest.Spec("alice")
			s.DisplayName = fmt.Sprintf("Title %d at %d", i, time.Now().UnixNano())
			changed := time.Now()
			p.Update(s, p.Clock.Now())
			p.waitTitle("alice.example.com", s.DisplayName)
			if time.Since(changed) < time.Second {
				fast++
			}
		}
		if fast < 3 {
			return fmt.Errorf("%d of 4 changes showed within a second", fast)
		}
		return nil
	})
}

func TestChangesWithoutNotification(t *testing.T) {
	t.Parallel()
	p := newTenants(t)
	p.Create(blogtest.Spec("alice"))
	p.want("alice.example.com", "alice")
	p.Exec(`UPDATE public.tenants SET display_name = 'Silent', updated_at = now() WHERE name = 'alice'`)
	p.waitTitle("alice.example.com", "Silent")

	// Removed rows are found when all tenants are read, every five minutes.
	p.Exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
	p.Clock.Advance(5 * time.Minute)
	p.want("alice.example.com", "")
}

func TestHostsMove(t *testing.T) {
	t.Parallel()
	p := newTenants(t)
	const shared = "www.shared.org"
	alice, bob := blogtest.Spec("alice"), blogtest.Spec("bob")
	alice.CustomHosts = []string{shared}
	p.Create(alice)
	p.Create(bob)
	p.want("bob.example.com", "bob")
	p.want(shared, "alice")

	alice.CustomHosts = nil
	p.Update(alice, blogtest.Start)
	p.want(shared, "")
	bob.CustomHosts = []string{shared}
	p.Update(bob, blogtest.Start.Add(tenancy.Hold))
	p.want(shared, "bob")

	// The host moves back without a notification, and bob's row is too old for readChanged.
	p.Exec(`UPDATE public.domains SET tenant_id = (SELECT id FROM public.tenants WHERE name = 'alice') WHERE host = $1`, shared)
	p.Exec(`UPDATE public.tenants SET updated_at = now() WHERE name = 'alice'`)
	p.Exec(`UPDATE public.tenants SET updated_at = now() - interval '1 hour' WHERE name = 'bob'`)
	p.want(shared, "alice")

	// A new port of the public site updates all links. It does not give the host back to bob, whose entry in memory has it.
	p.Exec(`UPDATE public.tenants SET updated_at = now() - interval '1 hour'`)
	for port := 9000; port < 9004; port++ {
		p.Install(fmt.Sprintf("https://example.com:%d", port))
		for host, origin := range map[string]string{"bob.example.com": "https://bob.example.com:%d", shared: "https://alice.example.com:%d"} {
			p.wait(host, func(found *directory.Tenant) bool {
				return found != nil && found.Origin == fmt.Sprintf(origin, port) && found.Secure
			})
		}
	}

	// Nor does a later entry of bob.
	p.Update(blogtest.Spec("bob"), blogtest.Start)
	p.Exec(`UPDATE public.domains SET tenant_id = (SELECT id FROM public.tenants WHERE name = 'alice'), released_at = NULL WHERE host = $1`, shared)
	bob.CustomHosts, bob.DisplayName = nil, "Changed"
	p.Update(bob, blogtest.Start)
	p.waitTitle("bob.example.com", "Changed")
	p.want(shared, "alice")
}

func TestPrimaryHostChanges(t *testing.T) {
	t.Parallel()
	p := newTenants(t)
	alice := blogtest.Spec("alice")
	p.Create(alice)
	p.want("alice.example.com", "alice")
	alice.PrimaryHost, alice.CustomHosts = "alice.org", []string{"alice.example.com"}
	p.Update(alice, blogtest.Start)
	for _, host := range []string{"alice.org", "alice.example.com"} {
		p.wait(host, func(found *directory.Tenant) bool { return found != nil && found.Origin == "http://alice.org:8000" })
	}
}

func TestDeletedTenantIsRemoved(t *testing.T) {
	t.Parallel()
	p := newTenants(t)
	p.Create(blogtest.Spec("alice"))
	p.Create(blogtest.Spec("bob"))
	p.want("alice.example.com", "alice")
	alice, err := p.Store.Find(t.Context(), "alice")
	if err == nil {
		_, err = p.Store.Drop(t.Context(), alice, nil, blogtest.Start)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.want("alice.example.com", "")
	p.want("bob.example.com", "bob")
}
