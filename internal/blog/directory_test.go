package blog_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func TestSuspendedAtTheDateItself(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := spec("alice")
	alice.SuspendAt = start.Add(24 * time.Hour)
	p.create(alice)
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice")
	p.clock.advance(24*time.Hour - time.Nanosecond)
	p.waitFor("alice.example.com", "/", http.StatusOK)

	p.clock.advance(time.Nanosecond)
	for _, path := range []string{"/", "/page/2/", "/a-post/", "/feed.xml", "/none/at/all"} {
		p.get("alice.example.com", path).want(t, http.StatusPaymentRequired, "alice", "This blog is suspended", "Blog of alice")
	}
	p.do(http.MethodHead, "alice.example.com", "/", nil).want(t, http.StatusPaymentRequired, "alice")

	alice.SuspendAt = start.AddDate(1, 0, 0)
	p.update(alice, p.clock.Now())
	p.waitFor("alice.example.com", "/", http.StatusOK)

	alice.SuspendAt = time.Time{} // by hand
	p.update(alice, p.clock.Now())
	p.waitFor("alice.example.com", "/", http.StatusPaymentRequired)
}

// Polls are two seconds apart. Changes that are made one after the other, each when the one before it shows, take that
// long each unless notifications tell of them.
func TestChangesShowAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.wantNotified()

	// The connection that listens is made anew when it is lost.
	administrator := p.connect(p.database.AdminURI)
	_, err := administrator.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'echoblogs-blog-listen'`)
	if err != nil {
		t.Fatal(err)
	}
	p.wantNotified()
}

func (p *platform) wantNotified() {
	p.t.Helper()
	p.wait("changes show at once", func() error {
		fast := 0
		for i := range 4 {
			s := spec("alice")
			s.DisplayName = fmt.Sprintf("Title %d at %d", i, time.Now().UnixNano())
			changed := time.Now()
			p.update(s, p.clock.Now())
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

func (p *platform) waitTitle(host, title string) {
	p.t.Helper()
	p.wait("the title is "+title, func() error {
		page := p.get(host, "/robots.txt")
		if page.status != http.StatusOK {
			return fmt.Errorf("it answers %d", page.status)
		}
		if feed := p.feed(host); feed.Title != title {
			return fmt.Errorf("it is %q", feed.Title)
		}
		return nil
	})
}

func TestChangesShowWithoutNotification(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.exec(`UPDATE public.tenants SET display_name = 'Silent', updated_at = now() WHERE name = 'alice'`)
	p.waitTitle("alice.example.com", "Silent")

	// A row that vanished is found when everything is read, every five minutes.
	p.exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
	p.clock.advance(5 * time.Minute)
	p.waitFor("alice.example.com", "/", http.StatusNotFound)
}

func TestHostsMove(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice, bob := spec("alice"), spec("bob")
	alice.CustomHosts = []string{"www.shared.org"}
	p.create(alice)
	p.create(bob)
	p.get("www.shared.org", "/").want(t, http.StatusOK, "alice")

	alice.CustomHosts = nil
	p.update(alice, start)
	p.waitFor("www.shared.org", "/", http.StatusNotFound)
	bob.CustomHosts = []string{"www.shared.org"}
	p.update(bob, start.Add(tenancy.Hold))
	p.waitFor("www.shared.org", "/", http.StatusOK).want(t, http.StatusOK, "bob")

	// As above, and all that a replica learns of it is what it reads by itself. The row of the old owner is too old to
	// be read again: bob's is the later statement.
	p.exec(`UPDATE public.domains SET tenant_id = (SELECT id FROM public.tenants WHERE name = 'alice') WHERE host = 'www.shared.org'`)
	p.exec(`UPDATE public.tenants SET updated_at = now() WHERE name = 'alice'`)
	p.exec(`UPDATE public.tenants SET updated_at = now() - interval '1 hour' WHERE name = 'bob'`)
	p.wait("the host is alice's", func() error {
		if name := p.get("www.shared.org", "/").header.Get("Echoblogs-Tenant"); name != "alice" {
			return fmt.Errorf("it is %q's", name)
		}
		return nil
	})

	// Another port renews every link, and gives no host back to bob, whom memory still has it from.
	p.exec(`UPDATE public.tenants SET updated_at = now() - interval '1 hour'`)
	for port := 9000; port < 9004; port++ {
		p.install(fmt.Sprintf("https://example.com:%d", port))
		p.wait("links carry the new port", func() error {
			if page := p.get("bob.example.com", "/"); !contains(page.body, fmt.Sprintf(`href="https://bob.example.com:%d/"`, port)) {
				return fmt.Errorf("no such link in\n%s", page.body)
			}
			return nil
		})
		p.get("www.shared.org", "/").want(t, http.StatusOK, "alice", fmt.Sprintf(`href="https://alice.example.com:%d/"`, port))
	}

	// What is then said of bob takes nothing from alice either.
	p.update(spec("bob"), start)
	p.exec(`UPDATE public.domains SET tenant_id = (SELECT id FROM public.tenants WHERE name = 'alice'), released_at = NULL WHERE host = 'www.shared.org'`)
	bob.CustomHosts, bob.DisplayName = nil, "Changed"
	p.update(bob, start)
	p.waitTitle("bob.example.com", "Changed")
	p.get("www.shared.org", "/").want(t, http.StatusOK, "alice")
}

func TestPrimaryHostChanges(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := spec("alice")
	p.create(alice)
	alice.PrimaryHost, alice.CustomHosts = "alice.org", []string{"alice.example.com"}
	p.update(alice, start)
	p.waitFor("alice.org", "/", http.StatusOK).want(t, http.StatusOK, "alice", `<link rel="canonical" href="http://alice.org:8000/">`)
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice", `<link rel="canonical" href="http://alice.org:8000/">`)
}

func TestDeletedTenantIsGone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.create(spec("bob"))
	alice, err := p.store.Find(t.Context(), "alice")
	if err == nil {
		_, err = p.store.Drop(t.Context(), alice, start)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.waitFor("alice.example.com", "/", http.StatusNotFound).want(t, http.StatusNotFound, "", "alice.example.com")
	p.get("bob.example.com", "/").want(t, http.StatusOK, "bob")
}

func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := spec("alice")
	alice.Limits.RequestsPerSecond = new(int32(2))
	p.create(alice)
	p.create(spec("bob"))
	p.wait("a request too many is refused", func() error {
		if got := p.get("alice.example.com", "/"); got.status != http.StatusTooManyRequests {
			return fmt.Errorf("it answers %d", got.status)
		}
		return nil
	})
	var refused answer
	p.wait("a refusal to look at", func() error {
		if refused = p.get("alice.example.com", "/"); refused.status != http.StatusTooManyRequests {
			return fmt.Errorf("it answers %d", refused.status)
		}
		return nil
	})
	refused.want(t, http.StatusTooManyRequests, "alice", "Too many requests")
	if after := refused.header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After: %q", after)
	}
	for range 20 {
		p.get("bob.example.com", "/").want(t, http.StatusOK, "bob")
	}
	p.waitFor("alice.example.com", "/", http.StatusOK)

	alice.Limits.RequestsPerSecond = nil
	p.update(alice, start)
	p.wait("there is no limit any more", func() error {
		for range 20 {
			if got := p.get("alice.example.com", "/"); got.status != http.StatusOK {
				return fmt.Errorf("it answers %d", got.status)
			}
		}
		return nil
	})
}
