package blog

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/time/rate"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/web"
)

// TenantHeader is the response header that names the tenant in whose name an answer is given. The operator's probe
// reads it.
const TenantHeader = "Echoblogs-Tenant"

const (
	// statementTimeout bounds the one statement of a page.
	statementTimeout = 3 * time.Second
	// failureLogRate bounds the lines about failed statements, a second: a database that is away fails every request.
	failureLogRate = 5
	// maxBuffer is the largest buffer that is kept for the next page. Most pages have some 10 kB.
	maxBuffer = 128 << 10
)

// site answers requests.
type site struct {
	directory *directoryCache
	pool      *pgxpool.Pool
	look      *web.Look
	now       func() time.Time
	log       *slog.Logger
	failures  *rate.Limiter
	buffers   sync.Pool // of *web.Markup

	// pages are the owner's, and sameOrigin keeps forms of other origins, sibling tenants' included, from them.
	pages      *template.Template
	sameOrigin *http.CrossOriginProtection
	bounds     *bounds
}

func newSite(directory *directoryCache, pool *pgxpool.Pool, look *web.Look, pages *template.Template, o Options) *site {
	return &site{
		directory: directory, pool: pool, look: look, pages: pages, sameOrigin: http.NewCrossOriginProtection(), now: o.Now, log: o.Log,
		bounds:   newBounds(),
		failures: rate.NewLimiter(failureLogRate, failureLogRate),
		buffers:  sync.Pool{New: func() any { return new(web.Markup) }},
	}
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	// Probes and assets need no known host.
	mux.HandleFunc("/healthz", s.health)
	mux.HandleFunc("/readyz", s.ready)
	mux.Handle(web.AssetsPrefix+"{name}", s.look.Assets)

	mux.Handle("/{$}", s.forTenant(s.firstPage))
	mux.Handle("/page/{number}/{$}", s.forTenant(s.furtherPage))
	mux.Handle("/page/{number}", s.forTenant(s.addSlash))
	mux.Handle("/feed.xml", s.forTenant(s.feed))
	mux.Handle("/robots.txt", s.forTenant(s.robots))
	mux.Handle("/{slug}/{$}", s.forTenant(s.post))
	mux.Handle("/{slug}", s.forTenant(s.addSlash))
	s.ownerRoutes(mux)
	mux.Handle("/", s.forTenant(func(http.ResponseWriter, *http.Request, *tenant) error { return post.ErrNotFound }))
	return mux
}

// page answers a request in the name of a tenant. An error says that nothing has been answered yet: post.ErrNotFound,
// or that of a statement.
type page func(w http.ResponseWriter, r *http.Request, t *tenant) error

// forTenant resolves the host once; whatever changes meanwhile, the request is answered by that handle.
func (s *site) forTenant(answer page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := s.resolve(w, r)
		switch {
		case t == nil:
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			s.notAllowed(w, t)
		case t.Suspended(s.now()):
			s.suspended(w, t)
		case t.requests != nil && !t.requests.Allow():
			s.tooMany(w, t)
		default:
			s.answer(w, r, t, answer)
		}
	})
}

// strictTransport has browsers come by TLS alone for a year.
var strictTransport = []string{"max-age=31536000"}

// resolve returns the tenant that a request is for, and the host by which it came. nil: there is none, and that has been
// answered.
func (s *site) resolve(w http.ResponseWriter, r *http.Request) (*tenant, string) {
	if !s.directory.fresh() {
		s.noDirectory(w)
		return nil, ""
	}
	host, err := naming.NormalizeHost(r.Host)
	if err != nil {
		s.noHost(w, r)
		return nil, ""
	}
	t := s.directory.lookup(host)
	if t == nil {
		s.unknownHost(w, host)
		return nil, ""
	}
	header := w.Header()
	header[TenantHeader] = []string{t.Name}
	if t.secure {
		header["Strict-Transport-Security"] = strictTransport
	}
	return t, host
}

func (s *site) answer(w http.ResponseWriter, r *http.Request, t *tenant, answer page) {
	err := answer(w, r, t)
	switch {
	case err == nil:
	case errors.Is(err, post.ErrNotFound):
		s.notFound(w, r, t)
	default:
		s.noDatabase(w, r, t, err)
	}
}

// statementContext bounds a statement. It does not end with the request: that would close a connection to the database
// whenever a reader goes away early, and anybody can do that many times a second.
func statementContext(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), statementTimeout)
}

// send answers with a page that is the same until its content changes: 304 to those who have it already.
func (s *site) send(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	etag := `"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`
	header := w.Header()
	header["Content-Type"] = []string{contentType}
	header["Etag"] = []string{etag}
	// To be asked for again each time: a blog is suspended, or its post withdrawn, within two seconds.
	header["Cache-Control"] = []string{"no-cache"}
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	w.Write(body) //nolint:gosec // Markup escapes what is not a constant
}

// matches compares an If-None-Match header with an entity tag, as RFC 9110 section 13.1.2 has it: weakly.
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == etag {
			return true
		}
	}
	return false
}

// sendPage writes a page in the frame and sends it.
func (s *site) sendPage(w http.ResponseWriter, r *http.Request, page web.Page, main func(web.Markup) web.Markup) {
	buffer := s.buffers.Get().(*web.Markup)
	*buffer = s.look.Frame((*buffer)[:0], page, main)
	s.send(w, r, "text/html; charset=utf-8", *buffer)
	if cap(*buffer) <= maxBuffer {
		s.buffers.Put(buffer)
	}
}

func (s *site) health(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "The server runs.")
}

// ready tells whether requests are to be sent here.
func (s *site) ready(w http.ResponseWriter, _ *http.Request) {
	age, known := s.directory.age()
	switch {
	case !known:
		plain(w, http.StatusServiceUnavailable, "The registry has not been read yet: check that the database can be reached.")
	case age >= maxAge:
		plain(w, http.StatusServiceUnavailable, fmt.Sprintf("The registry was last read %d s ago: check that the database can be reached.", int(age.Seconds())))
	default:
		plain(w, http.StatusOK, "Ready.")
	}
}

func plain(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}
