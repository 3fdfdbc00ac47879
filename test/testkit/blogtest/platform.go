// Package blogtest gives tests a replica of the blog, and a database as the operator leaves it.
package blogtest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// Main runs the tests of a package, and fails if they leak goroutines.
func Main(m *testing.M) {
	// The test server runs until the tests are over.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/echoblogs/echoblogs/test/testkit/postgresserver.(*Server).run.func1"),
		// The clock of the lexers' expressions ends a second after the last of them.
		goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}

// anySkew allows the clock of a test to differ from the database's.
const anySkew = 100 * 365 * 24 * time.Hour

// Start is the initial time of every Clock.
var Start = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// Clock stands still until it is advanced.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Platform is a database and one replica of the blog.
type Platform struct {
	T        testing.TB
	Database *postgrestest.Database
	// Store and Operator have the role of the operator, and Writer has that of the blog.
	Store            *tenancy.Store
	Operator, Writer *postgres.Pool
	Clock            *Clock
	// Proxy is between the blog and the database.
	Proxy *faultproxy.Proxy
	// Replica is nil until Serve has started it.
	*Replica
}

// New returns a Platform whose blog is ready.
func New(t testing.TB) *Platform {
	t.Helper()
	p := NewDatabase(t)
	p.Serve(blog.Options{})
	p.WaitReady()
	return p
}

// NewDatabase returns a Platform whose blog has not been started.
func NewDatabase(t testing.TB) *Platform {
	t.Helper()
	p := &Platform{T: t, Database: tenancytest.NewDatabase(t), Clock: &Clock{now: Start}}
	p.Operator = p.Connect(p.Database.OperatorURI)
	p.Writer = p.Connect(p.Database.BlogURI)
	p.Store = tenancytest.Open(t, p.Database, tenancy.Options{MaxClockSkew: anySkew})
	p.Install("http://localhost:8000")
	return p
}

// Install writes what the operator derives from a Platform.
func (p *Platform) Install(publicURL string, edits ...func(*tenancy.Installation)) {
	p.T.Helper()
	want := tenancy.Installation{Namespace: "echoblogs", Name: "default", PublicURL: publicURL, Domain: "example.com", SignUp: true}
	for _, edit := range edits {
		edit(&want)
	}
	if err := p.Store.Install(p.T.Context(), want, Start); err != nil {
		p.T.Fatal(err)
	}
}

// Connect returns a pool that is closed at the end of the test.
func (p *Platform) Connect(uri string) *postgres.Pool {
	p.T.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		p.T.Fatal(err)
	}
	p.T.Cleanup(pool.Close)
	return pool
}

// Serve starts a replica. It reaches the database through Proxy unless the options have an address.
func (p *Platform) Serve(o blog.Options) {
	p.T.Helper()
	if o.DatabaseURI == "" {
		p.Proxy, o.DatabaseURI = faultproxy.New(p.T, p.Database.BlogURI)
	}
	o.Now = p.Clock.Now
	p.Replica = StartReplica(p.T, o)
}

// WaitReady waits until the replica knows which hosts exist.
func (p *Platform) WaitReady() {
	p.T.Helper()
	p.Wait("the blog has a current view of the registry", func() error {
		if got := p.Get("nobody.example.com", "/"); got.Status != http.StatusNotFound {
			return fmt.Errorf("it has the status %d: %s", got.Status, got.Body)
		}
		return nil
	})
}

// Advance moves the clock, and waits until the blog has read the registry since.
func (p *Platform) Advance(d time.Duration) {
	p.T.Helper()
	p.Clock.Advance(d)
	p.WaitReady()
}

// Spec returns a tenant at name.example.com that is paid for a year.
func Spec(name string) tenancy.Spec {
	return tenancy.Spec{
		Name: name, SchemaName: strings.ReplaceAll(name, "-", "_"), DisplayName: "Blog of " + name, PrimaryHost: name + ".example.com",
		PaidUntil: Start.AddDate(1, 0, 0), SuspendAt: Start.AddDate(1, 0, 15),
	}
}

// Owned returns a Spec whose owner is the user of the same name.
func Owned(name string) tenancy.Spec {
	s := Spec(name)
	s.Owner = name
	return s
}

// Create creates a tenant, and waits until the blog serves it.
func (p *Platform) Create(s tenancy.Spec) {
	p.T.Helper()
	if err := p.Store.Create(p.T.Context(), s, tenancy.CreateOptions{}, Start); err != nil {
		p.T.Fatalf("create %s: %v", s.Name, err)
	}
	if p.Replica != nil {
		p.WaitFor(s.PrimaryHost, "/robots.txt", http.StatusOK)
	}
}

// Update updates a tenant at the time now.
func (p *Platform) Update(s tenancy.Spec, now time.Time) {
	p.T.Helper()
	row, err := p.Store.Find(p.T.Context(), s.Name)
	if err == nil {
		err = p.Store.Update(p.T.Context(), s, row.UpdatedAt, now)
	}
	if err != nil {
		p.T.Fatalf("update %s: %v", s.Name, err)
	}
}

// Save saves a post in a tenant's blog, which the replica then shows.
func (p *Platform) Save(tenant string, document post.Document) {
	p.T.Helper()
	store := post.NewStore(strings.ReplaceAll(tenant, "-", "_"))
	if _, err := store.Save(p.T.Context(), p.Writer, post.SaveRequest{Document: document, Overwrite: true, Now: p.Clock.Now()}); err != nil {
		p.T.Fatalf("save %s: %v", document.Title, err)
	}
	p.Await(tenant)
}

// Await waits until the replica knows what was written about a tenant.
func (p *Platform) Await(tenant string) {
	p.T.Helper()
	if p.Replica != nil {
		p.Blog.Await(p.T.Context(), tenant+".example.com")
	}
}

// Exec runs a statement with the role of the operator.
func (p *Platform) Exec(sql string, args ...any) {
	p.T.Helper()
	if _, err := p.Operator.Exec(p.T.Context(), sql, args...); err != nil {
		p.T.Fatal(err)
	}
}

// Wait repeats check until it succeeds.
func (p *Platform) Wait(what string, check func() error) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), 20*time.Second)
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
			p.T.Fatalf("wait until %s: %v", what, err)
		}
	}
}
