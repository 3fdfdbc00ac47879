package blog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func wantRetry(t *testing.T, a answer) {
	t.Helper()
	if after := a.header.Get("Retry-After"); after != "5" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Retry-After %q, Cache-Control %q", after, a.header.Get("Cache-Control"))
	}
}

func TestDatabaseIsAway(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.save("alice", post.Document{Title: "Title", Content: "Text"})
	p.get("alice.example.com", "/title/").want(t, http.StatusOK, "alice")

	p.proxy.Cut()
	for _, path := range []string{"/", "/title/", "/feed.xml"} {
		got := p.get("alice.example.com", path)
		got.want(t, http.StatusServiceUnavailable, "alice", "This blog cannot be shown right now", "Its database does not answer")
		wantRetry(t, got)
		if contains(got.body, "connection") || contains(got.body, "SQL") || contains(got.body, "127.0.0.1") {
			t.Errorf("the page tells what only we should know:\n%s", got.body)
		}
	}
	// What is in memory is still true.
	p.get("bob.example.com", "/").want(t, http.StatusNotFound, "")
	p.get("alice.example.com", "/readyz").want(t, http.StatusOK, "")

	p.proxy.Restore()
	p.waitFor("alice.example.com", "/title/", http.StatusOK)
}

func TestStaleDirectoryAnswersNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.proxy.Cut()
	p.clock.advance(44 * time.Second)
	p.get("127.0.0.1", "/readyz").want(t, http.StatusOK, "")

	p.clock.advance(time.Second)
	for _, host := range []string{"alice.example.com", "bob.example.com", "127.0.0.1"} {
		got := p.get(host, "/")
		got.want(t, http.StatusServiceUnavailable, "", "This site cannot be shown right now")
		wantRetry(t, got)
	}
	p.get("127.0.0.1", "/readyz").want(t, http.StatusServiceUnavailable, "", "45 s ago")
	p.get("127.0.0.1", "/healthz").want(t, http.StatusOK, "")

	p.proxy.Restore()
	p.waitReady()
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice")
}

// What was removed while a replica could not look is not there for it any more, although nothing says so.
func TestStaleDirectoryIsReadAnew(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.exec(`REVOKE SELECT ON public.tenants FROM echoblogs_blog`) // the connection stays, so nothing else causes a full read
	p.clock.advance(45 * time.Second)
	p.waitFor("127.0.0.1", "/readyz", http.StatusServiceUnavailable)
	p.exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
	p.exec(`GRANT SELECT ON public.tenants TO echoblogs_blog`)
	p.waitReady()
	p.get("alice.example.com", "/").want(t, http.StatusNotFound, "")
}

func TestStartsBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	p := newDatabase(t)
	p.create(spec("alice"))
	p.serve()
	p.proxy.Cut()
	p.waitFor("127.0.0.1", "/healthz", http.StatusOK)
	p.proxy.Restore()
	p.waitReady()
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice")
}

// A database that has not seen an operator yet has no registry.
func TestStartsBeforeTheOperator(t *testing.T) {
	t.Parallel()
	p := newDatabase(t)
	p.exec(`ALTER TABLE public.tenants RENAME TO later`)
	p.serve()
	p.waitFor("alice.example.com", "/", http.StatusServiceUnavailable)
	p.get("127.0.0.1", "/readyz").want(t, http.StatusServiceUnavailable, "", "has not been read yet")
	p.exec(`ALTER TABLE public.later RENAME TO tenants`)
	p.waitReady()
	p.waitFor("alice.example.com", "/", http.StatusNotFound)
}

func TestOneSchemaIsGone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.create(spec("bob"))
	p.exec(`ALTER SCHEMA alice RENAME TO alice_is_away`)
	got := p.get("alice.example.com", "/")
	got.want(t, http.StatusServiceUnavailable, "alice", "This blog cannot be shown right now")
	wantRetry(t, got)
	p.get("bob.example.com", "/").want(t, http.StatusOK, "bob")
	p.exec(`ALTER SCHEMA alice_is_away RENAME TO alice`)
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice")
}

// A table that another session locks holds up one request for three seconds, and no other tenant's.
func TestOneTableIsLocked(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.create(spec("bob"))
	tx, err := p.operator.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE alice.posts IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan answer)
	go func() { waiting <- p.get("alice.example.com", "/") }()
	p.get("bob.example.com", "/").want(t, http.StatusOK, "bob")
	select {
	case got := <-waiting:
		got.want(t, http.StatusServiceUnavailable, "alice")
		wantRetry(t, got)
	case <-time.After(15 * time.Second):
		t.Error("the request was not answered")
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.waitFor("alice.example.com", "/", http.StatusOK)
}

func TestMetricsTellOfTheDirectory(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := spec("alice")
	alice.CustomHosts = []string{"www.alice.org"}
	p.create(alice)
	p.create(spec("bob"))
	p.clock.advance(10 * time.Second)
	p.proxy.Cut()
	p.wait("the metrics tell of it", func() error {
		got := p.metrics()
		for name, want := range map[string]float64{"echoblogs_blog_directory_tenants": 2, "echoblogs_blog_directory_hosts": 3} {
			if got[name] != want {
				return fmt.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		for _, name := range []string{
			`echoblogs_blog_directory_reads_total{kind="all",result="success"}`,
			`echoblogs_blog_directory_reads_total{kind="changed",result="failure"}`,
			`echoblogs_blog_directory_reads_total{kind="notified",result="success"}`,
			`echoblogs_blog_requests_total{code="200"}`,
			`echoblogs_blog_request_duration_seconds`,
			`echoblogs_database_pool_max_connections{database="posts"}`,
		} {
			if got[name] == 0 {
				return fmt.Errorf("%s is 0 or missing in %v", name, got)
			}
		}
		return nil
	})
}
