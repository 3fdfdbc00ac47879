// Package reader serves the pages that readers of a blog see: the list of posts, posts and the feed. Pages are the same for
// everyone but the owner of the blog, whose pages no cache stores. They have database connections that nothing else uses.
package reader

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/echoblogs/echoblogs/internal/blog/feed"
	"github.com/echoblogs/echoblogs/internal/blog/pagecache"
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
	clock       steadyClock
	memory      memory
	keeper      keeper
}

// Options configure a Reader.
type Options struct {
	// Pool are its connections. Required.
	Pool *postgres.Pool
	// Uploads are the uploads of the blogs. Required.
	Uploads *site.Uploads
	// PageCache is how many bytes of pages are kept in memory. Defaults to 32 MiB, and at most to an eighth of the memory.
	PageCache int
}

const (
	// waiting is how many requests of a blog can wait for a connection.
	waiting = 512
	// maxInFlight is the number of bytes of pages in memory that clients have not received yet.
	maxInFlight = 64 << 20
	// defaultPageCache is the default of Options.PageCache.
	defaultPageCache = 32 << 20
)

// New returns a Reader.
func New(s *site.Site, o Options) *Reader {
	if o.PageCache == 0 {
		o.PageCache = int(min(defaultPageCache, slots.MemoryShare(8)))
	}
	return &Reader{
		Site: s, connections: site.NewConnections(o.Pool, waiting), uploads: o.Uploads,
		keeper: keeper{cache: pagecache.New[kept](o.PageCache, keptLife), directory: s.Directory}, inFlight: site.NewBytes(min(maxInFlight, slots.MemoryShare(4))),
		buffers: sync.Pool{New: func() any { return new(web.HTMLWriter) }}, clock: steadyClock{read: s.Now},
	}
}

// Register adds the pages to a mux. They include the page for paths that nothing else serves.
func (rd *Reader) Register(mux *http.ServeMux) {
	for pattern, show := range map[string]page{
		"/{$}":                              rd.firstPage,
		"/page/{number}/{$}":                rd.numberedPage,
		"/page/{number}":                    addSlash,
		site.SubscribePath + "{$}":          rd.subscribe,
		sitemapPath:                         rd.sitemap,
		sitemapParts + "{file}":             rd.sitemapPart,
		"/robots.txt":                       rd.robots,
		"/media/{file}":                     rd.media,
		site.SharedPath + "{share}/{$}":     rd.shared,
		"/tag/{$}":                          rd.allTags,
		site.TagsPath + "{$}":               rd.tags,
		"/tag/{tag}":                        addSlash,
		"/tag/{tag}/{$}":                    rd.tag,
		"/tag/{tag}/page/{number}/{$}":      rd.numberedTag,
		site.SearchPath + "{$}":             rd.search,
		site.ArchivePath + "{$}":            rd.archive,
		site.ArchivePath + "{year}":         addSlash,
		"/archive/{year}/{$}":               rd.year,
		"/archive/{year}/page/{number}/{$}": rd.numberedYear,
		"/{slug}/{$}":                       rd.post,
		"/{slug}":                           addSlash,
		"/":                                 rd.notFound,
	} {
		mux.Handle(pattern, rd.handle(show))
	}
	for _, format := range feed.Formats {
		mux.Handle("/"+format.File, rd.handle(rd.feed(format)))
		mux.Handle("/tag/{tag}/"+format.File, rd.handle(rd.tagFeed(format)))
	}
}

// page answers a request to a tenant's blog. If it returns an error, it has not answered: post.ErrNotFound, media.ErrNotFound,
// *post.MovedError, site.ErrBusy, or the error of a statement.
type page func(w http.ResponseWriter, r *request) error

// handle resolves the tenant, and answers requests that the page cannot.
func (rd *Reader) handle(show page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, received *http.Request) {
		t, host := rd.Resolve(w, received)
		if t == nil {
			return
		}
		r := rd.newRequest(received, t, host)
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			rd.MethodNotAllowed(w, t)
		case t.Suspended(rd.Now()):
			rd.suspended(w, t)
		case !t.Allow():
			rd.TooManyRequests(w, t)
		default:
			rd.answer(w, r, show)
		}
	})
}

// answer answers from memory, or else with a page.
func (rd *Reader) answer(w http.ResponseWriter, r *request, show page) {
	err := errKept
	if r.kept = rd.keeper.answer(r); r.kept == nil {
		err = show(w, r)
	}
	if errors.Is(err, errKept) {
		rd.keeper.hits.Add(1)
		err = rd.sendAnswer(w, r, r.kept)
	}
	var moved *post.MovedError
	switch {
	case err == nil:
	case errors.As(err, &moved):
		web.Move(w, r.received, "/"+moved.Slug+"/")
	case errors.Is(err, post.ErrNotFound):
		rd.nothingHere(w, r)
	case errors.Is(err, media.ErrNotFound):
		page := site.Page(r.tenant, "")
		page.Theme = rd.ThemeOf(rd.LastTheme(r.tenant))
		rd.NotFound(w, r.Request, page, nil)
	case errors.Is(err, site.ErrBusy):
		rd.TooManyRequests(w, r.tenant)
	default:
		rd.StatementFailed(w, r.Request, r.tenant, err)
	}
}

// NameTaken reports whether the registry keeps anyone from signing up with a name for a tenant at a host. It shares the
// connections of readers like one tenant.
func (rd *Reader) NameTaken(ctx context.Context, name, host string) (taken bool, err error) {
	err = rd.connections.Use(ctx, 0, func(conn *postgres.Conn) error {
		taken, err = directory.NameTaken(ctx, conn, name, host)
		return err
	})
	return taken, err
}

func (rd *Reader) media(w http.ResponseWriter, r *request) error {
	return rd.uploads.Serve(w, r.Request, r.tenant)
}

func (rd *Reader) notFound(http.ResponseWriter, *request) error { return post.ErrNotFound }

// addSlash redirects to the same path with a slash at the end, as posts and pages have.
func addSlash(w http.ResponseWriter, r *request) error {
	// A path with an encoded slash at the end is no path of a post without its slash.
	if !site.IsPlainPath(r.URL.Path) || strings.HasSuffix(r.URL.Path, "/") {
		return post.ErrNotFound
	}
	web.Move(w, r.received, r.URL.Path+"/")
	return nil
}
