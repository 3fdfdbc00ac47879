// Package blog is the data plane: it resolves the host of a request to a tenant and serves that tenant's blog from its
// schema. It knows nothing of Kubernetes, and goes on serving while the operator and the API server are down.
package blog

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Options say how a blog is to run.
type Options struct {
	// DatabaseURI is the address of the database, with the blog's own role. Required.
	DatabaseURI string
	// ListenURI is the address of the same database without a pooler in between, for the one connection that waits for
	// notifications of changes. Defaults to DatabaseURI. Through PgBouncer in transaction mode none would arrive, and
	// changes would take up to two seconds to show.
	ListenURI string
	// MaxConns is the largest number of connections that pages are read by; two more are used for the registry.
	// Defaults to 8.
	MaxConns int32
	// AccessLog makes Log take a line for each request.
	AccessLog bool
	// Log takes what happens. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock by which tenants are suspended, posts appear and the directory ages. Defaults to time.Now.
	Now func() time.Time
}

// Blog serves the blogs of all tenants of one database.
type Blog struct {
	directory *directoryCache
	listener  *listener
	pool      *pgxpool.Pool
	observer  *web.Observer
	handler   http.Handler
}

// New returns a blog. It does not connect yet: until Run has read the registry, tenants' pages answer 503.
func New(o Options) (*Blog, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	pending := newPendingReads()
	listener, err := newListener(cmp.Or(o.ListenURI, o.DatabaseURI), pending, o.Log)
	if err != nil {
		return nil, err
	}
	look, err := web.NewLook()
	if err != nil {
		return nil, err
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	directory, err := newDirectoryCache(o.DatabaseURI, pending, o.Now, o.Log)
	if err != nil {
		return nil, err
	}
	pool, err := postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: o.MaxConns, ApplicationName: "echoblogs-blog"})
	if err != nil {
		directory.pool.Close()
		return nil, err
	}
	site := newSite(directory, pool, look, pages, o)
	observer := web.NewObserver("echoblogs_blog")
	observer.Log, observer.AccessLog, observer.Panicked = o.Log, o.AccessLog, site.panicked
	return &Blog{
		directory: directory,
		listener:  listener,
		pool:      pool,
		observer:  observer,
		handler:   observer.Wrap(web.SecurityHeaders(web.ReadOnlyPolicy, site.routes())),
	}, nil
}

// Handler answers requests for every tenant's hosts, and the probes of the platform it runs on.
func (b *Blog) Handler() http.Handler { return b.handler }

// Run keeps the directory of tenants up to date until ctx ends.
func (b *Blog) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { b.directory.run(ctx) })
	running.Go(func() { b.listener.run(ctx) })
	running.Wait()
}

// Close closes the connections to the database. Call it after Run has returned and the last request has been answered.
func (b *Blog) Close() {
	b.directory.pool.Close()
	b.pool.Close()
}
