package blog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func wantRetry(t *testing.T, a blogtest.Response) {
	t.Helper()
	if after := a.Header.Get("Retry-After"); after != "5" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Retry-After %q, Cache-Control %q", after, a.Header.Get("Cache-Control"))
	}
}

func TestDatabaseUnavailable(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice")

	p.Proxy.Cut()
	cut := time.Now()
	p.Wait("pages in memory are shown no longer", func() error {
		begun := time.Since(cut)
		err := p.Check("alice.example.com", "/title/", http.StatusServiceUnavailable, "")
		if err != nil && begun > 5*time.Second {
			t.Fatalf("after %s: %v", begun, err)
		}
		return err
	})
	for _, path := range []string{"/", "/title/", "/feed.xml"} {
		got := p.Get("alice.example.com", path)
		got.Want(t, http.StatusServiceUnavailable, "alice", "This blog is temporarily unavailable", "The database is not responding. No posts are lost.")
		wantRetry(t, got)
		if contains(got.Body, "connection") || contains(got.Body, "SQL") || contains(got.Body, "127.0.0.1") {
			t.Errorf("the page has internal details:\n%s", got.Body)
		}
	}
	// The directory is in memory.
	p.Get("bob.example.com", "/").Want(t, http.StatusNotFound, "")
	p.Get("alice.example.com", "/readyz").Want(t, http.StatusOK, "")

	p.Proxy.Restore()
	p.WaitFor("alice.example.com", "/title/", http.StatusOK)
}

func TestStaleDirectoryIsNotUsed(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Get("127.0.0.1", "/readyz").Want(t, http.StatusOK, "", "Ready.")
	p.Proxy.Cut()
	p.Clock.Advance(44 * time.Second)
	p.Get("127.0.0.1", "/readyz").Want(t, http.StatusOK, "", "Ready.")

	p.Clock.Advance(time.Second)
	for _, host := range []string{"alice.example.com", "bob.example.com", "127.0.0.1"} {
		got := p.Get(host, "/")
		got.Want(t, http.StatusServiceUnavailable, "", "This site is temporarily unavailable")
		wantRetry(t, got)
	}
	// No other replica can read it either: the pod has to stay behind its Service to say so.
	p.Get("127.0.0.1", "/readyz").Want(t, http.StatusOK, "", "Ready.")
	p.Get("127.0.0.1", "/readyz?recheck").Want(t, http.StatusServiceUnavailable, "", "s ago: check the connection to the database.")
	p.Get("127.0.0.1", "/healthz").Want(t, http.StatusOK, "")

	p.Proxy.Restore()
	p.WaitReady()
	p.Get("127.0.0.1", "/readyz?recheck").Want(t, http.StatusOK, "", "Ready.")
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice")
}

// A row that was removed while a replica could not read the registry is missing afterwards, without a notification.
func TestStaleDirectoryIsReplaced(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Exec(`REVOKE SELECT ON public.tenants FROM echoblogs_blog`) // the connection stays, so nothing else causes a full read
	p.Clock.Advance(45 * time.Second)
	p.WaitFor("nobody.example.com", "/", http.StatusServiceUnavailable)
	p.Exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
	p.Exec(`GRANT SELECT ON public.tenants TO echoblogs_blog`)
	p.WaitReady()
	p.Get("alice.example.com", "/").Want(t, http.StatusNotFound, "")
}

func TestStartsBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Create(blogtest.Spec("alice"))
	p.Serve(blog.Options{})
	p.Proxy.Cut()
	p.WaitFor("127.0.0.1", "/healthz", http.StatusOK)
	p.Proxy.Restore()
	p.WaitReady()
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice")
}

// Until the operator has prepared a database, it has no registry.
func TestStartsBeforeTheOperator(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Exec(`ALTER TABLE public.tenants RENAME TO later`)
	p.Serve(blog.Options{})
	p.WaitFor("alice.example.com", "/", http.StatusServiceUnavailable)
	p.Get("127.0.0.1", "/readyz").Want(t, http.StatusServiceUnavailable, "", "The registry has not been read yet: check the connection to the database.")
	p.Exec(`ALTER TABLE public.later RENAME TO tenants`)
	p.WaitReady()
	p.WaitFor("alice.example.com", "/", http.StatusNotFound)
}

func TestSchemaMissing(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Create(blogtest.Spec("bob"))
	p.Exec(`ALTER SCHEMA alice RENAME TO alice_missing`)
	got := p.Get("alice.example.com", "/")
	got.Want(t, http.StatusServiceUnavailable, "alice", "This blog is temporarily unavailable")
	wantRetry(t, got)
	p.Get("bob.example.com", "/").Want(t, http.StatusOK, "bob")
	p.Exec(`ALTER SCHEMA alice_missing RENAME TO alice`)
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice")
}

// A locked table delays requests to its own tenant only, for three seconds at most.
func TestTableLocked(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Create(blogtest.Spec("bob"))
	tx, err := p.Operator.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE alice.posts IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan blogtest.Response)
	go func() { waiting <- p.Get("alice.example.com", "/") }()
	p.Get("bob.example.com", "/").Want(t, http.StatusOK, "bob")
	select {
	case got := <-waiting:
		got.Want(t, http.StatusServiceUnavailable, "alice")
		wantRetry(t, got)
	case <-time.After(15 * time.Second):
		t.Error("the request was not answered")
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.WaitFor("alice.example.com", "/", http.StatusOK)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Spec("alice")
	alice.CustomHosts = []string{"www.alice.org"}
	p.Create(alice)
	p.Create(blogtest.Spec("bob"))
	p.Clock.Advance(10 * time.Second)
	p.Proxy.Cut()
	p.Wait("the metrics are up to date", func() error {
		got := p.Metrics()
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
			`echoblogs_database_pool_max_connections{pool="reader"}`,
		} {
			if got[name] == 0 {
				return fmt.Errorf("%s is 0 or missing in %v", name, got)
			}
		}
		return nil
	})
}
