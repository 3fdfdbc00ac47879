package blog_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

func TestMain(m *testing.M) {
	// The test server runs until the tests are over.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/echoblogs/echoblogs/test/testkit/postgresserver.(*Server).run.func1"))
}

// anySkew lets the tests' clock be where it wants to be, whatever the database's says.
const anySkew = 100 * 365 * 24 * time.Hour

// start is when the tests' clock begins.
var start = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// platform is a database as an operator leaves it, and one replica of the blog that serves it.
type platform struct {
	t        testing.TB
	database *postgrestest.Database
	operator *pgxpool.Pool
	writer   *pgxpool.Pool // with the blog's role
	store    *tenancy.Store
	clock    *clock
	proxy    *faultproxy.Proxy // between the blog and the database
	blog     *blog.Blog
	address  string
	client   *http.Client
}

func newPlatform(t testing.TB) *platform {
	t.Helper()
	p := newDatabase(t)
	p.serve()
	p.waitReady()
	return p
}

// newDatabase is a platform whose blog does not run yet.
func newDatabase(t testing.TB) *platform {
	t.Helper()
	p := &platform{t: t, database: postgrestest.New(t), clock: &clock{now: start}}
	p.operator = p.connect(p.database.OperatorURI)
	p.writer = p.connect(p.database.BlogURI)
	p.store = tenancytest.Open(t, p.database, tenancy.Options{MaxClockSkew: anySkew})
	p.install("http://localhost:8000")
	return p
}

// install writes what the operator makes of a Platform.
func (p *platform) install(publicURL string, edits ...func(*tenancy.Installation)) {
	p.t.Helper()
	want := tenancy.Installation{Namespace: "echoblogs", Name: "default", PublicURL: publicURL, Domain: "example.com", Registration: "Open"}
	for _, edit := range edits {
		edit(&want)
	}
	if err := p.store.Install(p.t.Context(), want, start); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) connect(uri string) *pgxpool.Pool {
	p.t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(pool.Close)
	return pool
}

// serve starts a replica that reaches the database through a fault proxy.
func (p *platform) serve() {
	p.t.Helper()
	var uri string
	p.proxy, uri = faultproxy.New(p.t, p.database.BlogURI)
	p.serveAt(uri)
}

func (p *platform) serveAt(uri string) {
	p.t.Helper()
	var err error
	p.blog, err = blog.New(blog.Options{DatabaseURI: uri, Log: slog.New(slog.DiscardHandler), Now: p.clock.Now})
	if err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(p.blog.Handler())
	p.address = server.Listener.Addr().String()
	p.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		p.blog.Run(ctx)
	}()
	p.t.Cleanup(func() {
		p.client.CloseIdleConnections()
		server.Close()
		cancel()
		<-stopped
		p.blog.Close()
	})
}

func (p *platform) waitReady() {
	p.t.Helper()
	p.wait("the blog is ready", func() error {
		if got := p.get("any", "/readyz"); got.status != http.StatusOK {
			return fmt.Errorf("it answers %d: %s", got.status, got.body)
		}
		return nil
	})
}

// spec is a tenant called name at name.example.com, paid for a year.
func spec(name string) tenancy.Spec {
	return tenancy.Spec{
		Name: name, SchemaName: strings.ReplaceAll(name, "-", "_"), DisplayName: "Blog of " + name, PrimaryHost: name + ".example.com",
		PaidUntil: start.AddDate(1, 0, 0), SuspendAt: start.AddDate(1, 0, 15),
	}
}

// create makes a tenant and waits until the blog knows it.
func (p *platform) create(s tenancy.Spec) {
	p.t.Helper()
	if err := p.store.Create(p.t.Context(), s, tenancy.CreateOptions{}, start); err != nil {
		p.t.Fatalf("create %s: %v", s.Name, err)
	}
	if p.blog != nil {
		p.waitFor(s.PrimaryHost, "/robots.txt", http.StatusOK)
	}
}

func (p *platform) update(s tenancy.Spec, now time.Time) {
	p.t.Helper()
	row, err := p.store.Find(p.t.Context(), s.Name)
	if err == nil {
		err = p.store.Update(p.t.Context(), s, row.UpdatedAt, now)
	}
	if err != nil {
		p.t.Fatalf("update %s: %v", s.Name, err)
	}
}

// save stores a post in a tenant's blog.
func (p *platform) save(tenant string, document post.Document) {
	p.t.Helper()
	store := post.NewStore(strings.ReplaceAll(tenant, "-", "_"))
	if _, err := store.Save(p.t.Context(), p.writer, post.SaveRequest{Document: document, Overwrite: true, Now: p.clock.Now()}); err != nil {
		p.t.Fatalf("save %s: %v", document.Title, err)
	}
}

func (p *platform) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.operator.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

// answer is what the blog answered.
type answer struct {
	status int
	header http.Header
	body   string
}

func (p *platform) get(host, path string) answer {
	p.t.Helper()
	return p.do(http.MethodGet, host, path, nil)
}

func (p *platform) do(method, host, path string, header http.Header) answer {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.address+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Host = host
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// wait tries check until it succeeds.
func (p *platform) wait(what string, check func() error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.t.Fatalf("waiting until %s: %v", what, err)
		}
	}
}

func (p *platform) waitFor(host, path string, status int) answer {
	p.t.Helper()
	var got answer
	p.wait(fmt.Sprintf("%s%s answers %d", host, path, status), func() error {
		if got = p.get(host, path); got.status != status {
			return fmt.Errorf("it answers %d", got.status)
		}
		return nil
	})
	return got
}

// want checks an answer: its status, the tenant in whose name it is given, and words on the page.
func (a answer) want(t testing.TB, status int, tenant string, words ...string) {
	t.Helper()
	if a.status != status || a.header.Get(blog.TenantHeader) != tenant {
		t.Errorf("status %d in the name of %q, want %d and %q", a.status, a.header.Get(blog.TenantHeader), status, tenant)
	}
	for _, word := range words {
		if !strings.Contains(a.body, word) {
			t.Errorf("the page lacks %q:\n%s", word, a.body)
		}
	}
}
