package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/web"
)

// routes lists every page.
func (p *Portal) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.health)
	mux.HandleFunc("GET /readyz", p.ready)
	mux.Handle("GET "+web.AssetsPrefix+"{name}", p.pages.layout.Assets)

	for _, routes := range []map[string]handler{p.loginRoutes(), p.registrationRoutes(), p.handoverRoutes(), p.accountRoutes(), p.staffRoutes()} {
		for pattern, answer := range routes {
			mux.Handle(pattern, p.visitor(p.onPublicHost(answer)))
		}
	}
	// Whatever else: a page without its slash, a host that nobody owns, or no page at all.
	mux.Handle("/", p.visitor(p.elsewhere(mux)))
	// A form on another origin, a tenant's included, cannot act in the name of who is logged in here.
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(p.visitor(func(http.ResponseWriter, *visit) error { return errCrossOrigin }))
	return p.hsts(web.SecurityHeaders(web.FormsPolicy, sameOrigin.Handler(mux)))
}

// onPublicHost answers only for the public site's hosts. An address, such as 127.0.0.1, leads to its first one.
func (p *Portal) onPublicHost(answer handler) handler {
	return func(w http.ResponseWriter, r *visit) error {
		host, err := naming.NormalizeHost(r.Host)
		switch {
		case err != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			redirect(w, r, strings.TrimSuffix(r.Platform.Spec.PublicURL, "/")+r.URL.RequestURI())
			return nil
		case err != nil:
			return noBlogAt(r, r.Host)
		case !slices.Contains(r.Platform.PublicHostNames(), host):
			return noBlogAt(r, host)
		}
		return answer(w, r)
	}
}

// elsewhere answers for paths that no page has.
func (p *Portal) elsewhere(mux *http.ServeMux) handler {
	return p.onPublicHost(func(w http.ResponseWriter, r *visit) error {
		if !strings.HasSuffix(r.URL.Path, "/") && r.Method == http.MethodGet {
			with := r.Clone(r.Context())
			with.URL.Path += "/"
			if _, pattern := mux.Handler(with); pattern != "/" {
				redirect(w, r, with.URL.RequestURI())
				return nil
			}
		}
		return errNoPage
	})
}

// noBlogAt answers for a host that nobody owns, as every blog does.
func noBlogAt(r *visit, host string) error {
	m := web.Platform{
		PublicURL: publicURL(r, ""), Domain: string(r.Platform.Spec.Domains[0]), Registration: string(r.Platform.RegistrationMode()), Contact: r.Contact(),
	}.NoBlogAt(host)
	return &failure{status: m.Status, title: m.Title, lead: m.Lead, steps: m.Steps, link: m.Link}
}

// publicURL returns the address of a page of the public site.
func publicURL(r *visit, path string) string { return siteURL(r.Platform, path) }

func siteURL(platform *v1alpha1.Platform, path string) string {
	return strings.TrimSuffix(platform.Spec.PublicURL, "/") + path
}

func redirect(w http.ResponseWriter, r *visit, to string) { web.SeeOther(w, r.Request, to) }

func localPath(next string) string { return web.LocalPath(next, "/") }

func queryEscape(s string) string { return url.QueryEscape(s) }

// hsts has browsers come by TLS alone for a year, once they have come by it.
func (p *Portal) hsts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if platform, err := p.tenants.Platform(r.Context()); err == nil && strings.HasPrefix(platform.Spec.PublicURL, "https:") {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
