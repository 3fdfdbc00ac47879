package site

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/web"
)

// unroutedRetry is when a request for a blog without a route may be repeated.
const unroutedRetry = 10 * time.Second

// Register adds the assets and the routes to a mux, and an error page for all other paths. The returned handler serves
// them with security headers.
func (s *Site) Register(mux *http.ServeMux, routes ...Routes) http.Handler {
	mux.Handle("GET "+web.AssetsPrefix+"{name}", s.layout.Assets)
	for _, some := range routes {
		for pattern, handler := range some {
			mux.Handle(pattern, s.handle(s.onPublicHost(handler)))
		}
	}
	mux.Handle("/", s.handle(s.onPublicHost(notFound)))
	return s.hsts(web.SecurityHeaders(web.FormsPolicy, s.sameOrigin(mux)))
}

// handle adapts a handler to net/http: it reads the request, bounds its body and its duration, and responds to errors.
func (s *Site) handle(handler Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), handleTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		request := &Request{Request: r, ID: web.RequestID(ctx), Now: s.options.Now(), Address: s.address(r)}
		err := s.read(w, request)
		if err == nil {
			err = handler(w, request)
		}
		if err != nil {
			s.fail(w, request, err)
		}
	})
}

// onPublicHost restricts a handler to the hosts of the public site. Requests to an IP address are redirected to the
// first of them.
func (s *Site) onPublicHost(handler Handler) Handler {
	return func(w http.ResponseWriter, r *Request) error {
		host, err := naming.NormalizeHost(r.Host)
		switch {
		case err != nil && r.isSafe():
			web.SeeOtherSite(w, r.Request, r.PublicURL(""), r.URL.RequestURI())
			return nil
		case err != nil:
			return s.noBlogAt(r, r.Host)
		case !slices.Contains(r.Platform.PublicHostNames(), host):
			return s.noBlogAt(r, host)
		}
		return handler(w, r)
	}
}

// notFound responds to paths without a page. The mux itself redirects paths that lack their final slash.
func notFound(http.ResponseWriter, *Request) error { return ErrNoPage }

// noBlogAt returns the error page for a host without a blog. The program blog shows the same page. If the host has one, the
// ingress controller has no route to it: its pods may be starting, or the route may be new.
func (s *Site) noBlogAt(r *Request, host string) error {
	switch has, err := s.options.HasTenant(r.Context(), host); {
	case err != nil:
		return err
	case has:
		return &PageError{
			Status: http.StatusServiceUnavailable, Title: "This blog is temporarily unavailable", Lead: "No posts are lost.",
			Steps: []string{"Reload the page in a minute."}, RetryAfter: unroutedRetry,
		}
	}
	platform := web.Platform{
		PublicURL: r.PublicURL(""), Domain: string(r.Platform.Spec.Domains[0]), SignUp: !r.SignUpClosed(), CodeRequired: r.ByInvitation(), Contact: r.Contact(),
	}
	state := web.NameUnknown
	if name := platform.NameAt(host); name != "" {
		switch refusal, err := s.options.CheckUsername(r.Context(), name, r.Address); {
		case err != nil: // too many lookups, or the database is unavailable: the page is useful without it
		case refusal != "":
			state = web.NameTaken
		default:
			state = web.NameFree
		}
	}
	m := platform.NoBlogAt(host, state)
	return &PageError{Status: m.Status, Title: m.Title, Lead: m.Lead, Steps: m.Steps, Link: m.Link}
}

// Redirect redirects to another page of the site.
func Redirect(w http.ResponseWriter, r *Request, to string) { web.SeeOther(w, r.Request, to) }

// RequireLogin redirects visitors who are not logged in to the login page, and from there back to the page.
func RequireLogin(handler Handler) Handler {
	return func(w http.ResponseWriter, r *Request) error {
		switch {
		case r.User != nil:
			return handler(w, r)
		case r.isSafe():
			Redirect(w, r, "/login/?next="+url.QueryEscape(r.URL.RequestURI()))
			return nil
		}
		return &PageError{Status: http.StatusForbidden, Title: "You are logged out", Lead: "Nothing was changed.", Steps: []string{"Log in and try again."}}
	}
}

// RequireStaff is RequireLogin, and refuses users who are not staff.
func RequireStaff(handler Handler) Handler {
	return RequireLogin(func(w http.ResponseWriter, r *Request) error {
		if !r.Staff() {
			return &PageError{Status: http.StatusForbidden, Title: "This page is for staff", Lead: "Your account does not have access to it."}
		}
		return handler(w, r)
	})
}

// hsts makes browsers use only TLS for a year after each visit, if the site uses it (RFC 6797).
func (s *Site) hsts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if platform, err := s.options.Tenants.Platform(r.Context()); err == nil && strings.HasPrefix(platform.Spec.PublicURL, "https:") {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// URL returns the URL of a page of a Platform's public site.
func URL(platform *v1alpha1.Platform, path string) string {
	return strings.TrimSuffix(platform.Spec.PublicURL, "/") + path
}
