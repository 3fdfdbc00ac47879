// Package site holds what the pages of all blogs share, for readers and for owners: the tenant of a request, the layout,
// and error pages.
package site

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/blog/feed"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// statementTimeout bounds the statement of a page.
	statementTimeout = 3 * time.Second
	// failureLogRate bounds the log lines about failed statements, per second: while the database is unavailable, every
	// request fails.
	failureLogRate = 5
	// lookupRate bounds the lookups of names in unknown hosts, per second.
	lookupRate = 20
)

// Site resolves requests to tenants, and answers those that fail.
type Site struct {
	// Directory has the tenants by host.
	Directory *directory.Directory
	// Layout is the layout of all pages.
	Layout *web.Layout
	// Log receives log lines.
	Log *slog.Logger
	// Now is the clock.
	Now func() time.Time

	// NameTaken reports whether the registry keeps anyone from signing up with a name for a tenant at a host. nil: unknown.
	NameTaken func(ctx context.Context, name, host string) (bool, error)

	// LastTheme returns the theme and the accent in which a blog was last shown, as far as that is known. nil: it is not.
	LastTheme func(t *directory.Tenant) (name, accent string)

	themes            themes
	failures, lookups *rate.Limiter
}

// New returns a Site. It adds the files of the themes to the assets of the layout.
func New(tenants *directory.Directory, layout *web.Layout, log *slog.Logger, now func() time.Time) (*Site, error) {
	published, err := publishThemes(layout.Assets)
	if err != nil {
		return nil, err
	}
	return &Site{
		Directory: tenants, Layout: layout, Log: log, Now: now, themes: published,
		failures: rate.NewLimiter(failureLogRate, failureLogRate), lookups: rate.NewLimiter(lookupRate, lookupRate),
	}, nil
}

// strictTransport makes browsers use TLS for a year.
var strictTransport = []string{"max-age=31536000"}

// Resolve returns the tenant of a request, and the normalized host. If there is no tenant, it answers the request and
// returns nil. A request is resolved once, and served for that tenant even if the directory changes.
func (s *Site) Resolve(w http.ResponseWriter, r *http.Request) (*directory.Tenant, string) {
	if !s.Directory.Fresh() {
		s.directoryUnavailable(w)
		return nil, ""
	}
	host, err := naming.NormalizeHost(r.Host)
	if err != nil {
		s.invalidHost(w, r)
		return nil, ""
	}
	t := s.Directory.Lookup(host)
	if t == nil {
		if moved := s.Directory.LookupFormer(host, s.Now()); moved != nil {
			web.MoveSite(w, r, moved.Origin)
		} else {
			s.unknownHost(w, r, host)
		}
		return nil, ""
	}
	header := w.Header()
	header[blog.TenantHeader] = []string{t.Name}
	if t.Secure {
		header["Strict-Transport-Security"] = strictTransport
	}
	return t, host
}

// StatementContext bounds a statement. It does not end with the request: that would close a database connection whenever
// a client disconnects early, which anyone could do many times a second.
func StatementContext(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), statementTimeout)
}

// Page returns the layout of a page of a tenant.
func Page(t *directory.Tenant, title string) web.Page {
	return web.Page{Title: title, Site: t.DisplayName, Feeds: Feeds("/", t.DisplayName)}
}

// Feeds returns the links to the feeds whose addresses begin with a path, in each format.
func Feeds(path, title string) []web.Feed {
	links := make([]web.Feed, len(feed.Formats))
	for i, format := range feed.Formats {
		links[i] = web.Feed{Type: format.Type, Title: title + " (" + format.Name + ")", Address: path + format.File}
	}
	return links
}

func (s *Site) platform() web.Platform {
	known := s.Directory.Platform()
	return web.Platform{
		PublicURL: known.PublicURL, Domain: known.Domain, SignUp: known.SignUp, CodeRequired: known.CodeRequired, Contact: web.Contact(known.Contact),
	}
}
