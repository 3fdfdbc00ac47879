// Package reader serves the pages that readers of a blog see: the list of posts, posts and the feed. They are the same for
// everyone: they use no cookies. They have database connections that nothing else uses.
package reader

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/slots"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Reader serves readers.
type Reader struct {
	*site.Site
	connections *site.Connections
	uploads     *site.Uploads
	inFlight    *site.Bytes // pages that are being sent
	buffers     sync.Pool   // of *web.HTMLWriter
}

const (
	// waiting is how many requests of a blog can wait for a connection.
	waiting = 512
	// maxInFlight is the number of bytes of pages in memory that clients have not received yet.
	maxInFlight = 64 << 20
)

// New returns a Reader that reads posts by means of a pool of size connections.
func New(s *site.Site, db postgres.Beginner, size int, uploads *site.Uploads) *Reader {
	return &Reader{
		Site: s, connections: site.NewConnections(db, size, waiting), uploads: uploads, inFlight: site.NewBytes(min(maxInFlight, slots.MemoryShare(4))),
		buffers: sync.Pool{New: func() any { return new(web.HTMLWriter) }},
	}
}

// Register adds the pages to a mux. They include the page for paths that nothing else serves.
func (rd *Reader) Register(mux *http.ServeMux) {
	for pattern, show := range map[string]page{
		"/{$}":                          rd.firstPage,
		"/page/{number}/{$}":            rd.numberedPage,
		"/page/{number}":                addSlash,
		site.FeedPath:                   rd.feed,
		"/robots.txt":                   rd.robots,
		"/media/{file}":                 rd.uploads.Serve,
		site.SharedPath + "{share}/{$}": rd.shared,
		"/{slug}/{$}":                   rd.post,
		"/{slug}":                       addSlash,
		"/":                             notFound,
	} {
		mux.Handle(pattern, rd.handle(show))
	}
}

// page answers a request to a tenant's blog. If it returns an error, it has not answered: post.ErrNotFound, media.ErrNotFound,
// *post.MovedError, site.ErrBusy, or the error of a statement.
type page func(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error

// handle resolves the tenant, and answers requests that the page cannot.
func (rd *Reader) handle(show page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := rd.Resolve(w, r)
		switch {
		case t == nil:
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			rd.MethodNotAllowed(w, t)
		case t.Suspended(rd.Now()):
			rd.suspended(w, t)
		case !t.Allow():
			rd.TooManyRequests(w, t)
		default:
			err := show(w, r, t)
			var moved *post.MovedError
			switch {
			case err == nil:
			case errors.As(err, &moved):
				web.Move(w, r, "/"+moved.Slug+"/")
			case errors.Is(err, post.ErrNotFound), errors.Is(err, media.ErrNotFound):
				rd.NotFound(w, r, t)
			case errors.Is(err, site.ErrBusy):
				rd.TooManyRequests(w, t)
			default:
				rd.StatementFailed(w, r, t, err)
			}
		}
	})
}

// query calls work with a connection. What work reads should become a page before it returns: connections bound how many
// pages are built at the same time.
func (rd *Reader) query(r *http.Request, t *directory.Tenant, work func(ctx context.Context, db postgres.Querier) error) error {
	ctx, cancel := site.StatementContext(r)
	defer cancel()
	return rd.connections.Use(ctx, t.ID, func(db postgres.Beginner) error { return work(ctx, db) })
}

// NameTaken reports whether the registry keeps anyone from signing up with a name for a tenant at a host. It shares the
// connections of readers like one tenant.
func (rd *Reader) NameTaken(ctx context.Context, name, host string) (taken bool, err error) {
	err = rd.connections.Use(ctx, 0, func(db postgres.Beginner) error {
		taken, err = directory.NameTaken(ctx, db, name, host)
		return err
	})
	return taken, err
}

func (rd *Reader) robots(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	return rd.send(w, r, t, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: "+site.LoginPath+"\nDisallow: "+site.WritePath+"\n"))
}

func notFound(http.ResponseWriter, *http.Request, *directory.Tenant) error { return post.ErrNotFound }

// addSlash redirects to the same path with a slash at the end, as posts and pages have.
func addSlash(w http.ResponseWriter, r *http.Request, _ *directory.Tenant) error {
	// A path with an encoded slash at the end is no path of a post without its slash.
	if !site.IsPlainPath(r.URL.Path) || strings.HasSuffix(r.URL.Path, "/") {
		return post.ErrNotFound
	}
	web.Move(w, r, r.URL.Path+"/")
	return nil
}
