package portal

import (
	"fmt"
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
	mux.Handle("GET "+web.AssetsPrefix+"{name}", p.pages.look.Assets)

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
		case err != nil || !slices.Contains(r.Platform.PublicHostNames(), host):
			return unknownHost(r, host)
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

// unknownHost answers for a host that nobody owns.
func unknownHost(r *visit, host string) error {
	f := &failure{
		status: http.StatusNotFound, title: "There is no blog at this address",
		lead:  fmt.Sprintf("The server was reached, but no blog has the host name %s.", web.Shorten(host)),
		steps: []string{"Check the spelling of the address.", "If the blog is new, wait a few seconds and load the page again."},
	}
	for _, domain := range r.Platform.Spec.Domains {
		name, under := strings.CutSuffix(host, "."+string(domain))
		if under && naming.CheckTenant(name) == nil && r.Platform.RegistrationMode() != "Closed" {
			f.link = &web.Link{Address: publicURL(r, "/register/?username="+queryEscape(name)), Text: "Register " + name}
			return f
		}
	}
	f.steps = append(f.steps, "If it is your own domain, see that it is listed in your account, and that its DNS record leads here.")
	return f
}

// publicURL returns the address of a page of the public site.
func publicURL(r *visit, path string) string { return siteURL(r.Platform, path) }

func siteURL(platform *v1alpha1.Platform, path string) string {
	return strings.TrimSuffix(platform.Spec.PublicURL, "/") + path
}

// redirect leads to another page with GET.
func redirect(w http.ResponseWriter, r *visit, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
}

// localPath returns next when it is a path of this site, and otherwise the first page: no link leads elsewhere by way
// of a login.
func localPath(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// hsts has browsers come by TLS alone for a year, once they have come by it.
func (p *Portal) hsts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if platform, err := p.cluster.platform(r.Context()); err == nil && strings.HasPrefix(platform.Spec.PublicURL, "https:") {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
