// Package blog serves the blogs of all tenants of a database: it connects the pages for readers (reader), the pages for
// owners (editor) and the directory that resolves a host to a tenant. It does not use Kubernetes, and keeps serving while
// the operator and the API server are down.
package blog

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/editor"
	"github.com/echoblogs/echoblogs/internal/blog/reader"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Options configure a Blog.
type Options struct {
	// DatabaseURI is the address of the database, with the role of the blog, or a file with it; see postgres.AddressFromEnv. Required.
	DatabaseURI string
	// ListenURI is the address of the same database without a pooler in between, for the connection that waits for
	// notifications of changes. Defaults to DatabaseURI. Through PgBouncer in transaction mode no notification would
	// arrive, and changes would take up to two seconds to show.
	ListenURI string
	// ReaderConns is the maximum number of connections for pages for readers. Defaults to 8.
	ReaderConns int32
	// EditorConns is the maximum number of connections for logins, saves and exports. Defaults to 4.
	EditorConns int32
	// MediaConns is the maximum number of connections for uploads and for their readers. Defaults to 2. Two more read the
	// registry.
	MediaConns int32
	// PageCache is how many bytes of pages are kept in memory. Defaults to 32 MiB, and at most to an eighth of the memory.
	PageCache int
	// AccessLog logs every request.
	AccessLog bool
	// Log receives log lines. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock by which tenants are suspended, posts are published and the directory ages. Defaults to time.Now.
	Now func() time.Time
}

// Blog serves the blogs of all tenants of one database.
type Blog struct {
	directory *directory.Directory
	pools     pools
	readers   *reader.Reader
	observer  *web.Observer
	handler   http.Handler
}

// New returns a Blog. It connects when it is first used: until Run has read the registry, tenants' pages answer 503.
func New(o Options) (*Blog, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	tenants, err := directory.New(directory.Options{
		DatabaseURI: o.DatabaseURI, ListenURI: o.ListenURI, Name: "echoblogs-blog", MetricsPrefix: "echoblogs_blog", Log: o.Log, Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	pools, err := newPools(o)
	if err != nil {
		tenants.Close()
		return nil, err
	}
	b := &Blog{directory: tenants, pools: pools, observer: web.NewObserver("echoblogs_blog")}
	if err := b.serve(o); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// serve builds the handler.
func (b *Blog) serve(o Options) error {
	layout, err := web.NewLayout()
	if err != nil {
		return err
	}
	shared, err := site.New(b.directory, layout, o.Log, o.Now)
	if err != nil {
		return err
	}
	uploads := site.NewUploads(b.pools.media)
	owners, err := editor.New(shared, b.pools.editor, uploads)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	// Probes and assets do not depend on the host.
	mux.HandleFunc("/healthz", web.Live)
	mux.Handle("/readyz", &web.Readiness{Check: b.missing})
	mux.Handle(web.AssetsPrefix+"{name}", layout.Assets)
	b.readers = reader.New(shared, reader.Options{Pool: b.pools.reader, Uploads: uploads, PageCache: o.PageCache})
	shared.NameTaken, shared.LastTheme = b.readers.NameTaken, b.readers.LastTheme
	b.readers.Register(mux)
	owners.Register(mux)
	b.observer.Log, b.observer.AccessLog, b.observer.Panicked = o.Log, o.AccessLog, shared.Panicked
	b.handler = b.observer.Wrap(web.SecurityHeaders(web.ReadOnlyPolicy, mux))
	return nil
}

// Handler answers requests for all hosts of all tenants, and the probes of the kubelet.
func (b *Blog) Handler() http.Handler { return b.handler }

// Run keeps the directory of tenants up to date until ctx ends.
func (b *Blog) Run(ctx context.Context) { b.directory.Run(ctx) }

// Attempted returns a channel that is closed when Run has read the registry for the first time, or failed to, which takes at most
// some seconds. Serve requests from then on.
func (b *Blog) Attempted() <-chan struct{} { return b.directory.Attempted() }

// Await waits until a replica knows what was written with other connections than its own about the tenant with a host, as far as that
// has been committed. Otherwise it takes the time of a notification.
func (b *Blog) Await(ctx context.Context, host string) {
	if t := b.directory.Lookup(host); t != nil {
		b.directory.Await(ctx, t.ID)
	}
}

// Close closes the connections to the database. Call it after Run has returned and all requests have been answered.
func (b *Blog) Close() {
	b.directory.Close()
	b.pools.close()
}

// readyAge is the largest age of the directory, which is read every two seconds, of a replica that reaches the database.
const readyAge = 10 * time.Second

// missing returns what this replica needs before it can serve requests, or "". It sends no query: anyone can request it.
func (b *Blog) missing(context.Context) string {
	switch age, known := b.directory.Age(); {
	case !known:
		return "The registry has not been read yet: check the connection to the database."
	case age > readyAge:
		return fmt.Sprintf("The registry was last read %.0f s ago: check the connection to the database.", age.Seconds())
	}
	return ""
}
