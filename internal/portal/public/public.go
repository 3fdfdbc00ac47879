// Package public has the pages for visitors who are not logged in: landing page, sign-up, login, and the pages that links
// in emails lead to.
package public

import (
	"cmp"
	"embed"
	"log/slog"
	"maps"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/web"
)

//go:embed pages/*.html
var templates embed.FS

// Options configure the pages. All are required.
type Options struct {
	SignUp   *signup.Service
	Accounts *account.Service
	Log      *slog.Logger
}

// Pages are the pages for visitors.
type Pages struct {
	*site.Pages
	Options
}

// New returns the pages for visitors of a site.
func New(s *site.Site, o Options) (*Pages, error) {
	pages, err := s.LoadPages(templates)
	if err != nil {
		return nil, err
	}
	return &Pages{Pages: pages, Options: o}, nil
}

// Routes returns the routes of all pages but Landing.
func (p *Pages) Routes() site.Routes {
	routes := make(site.Routes)
	for _, some := range []site.Routes{p.loginRoutes(), p.registrationRoutes(), p.confirmRoutes(), p.resetRoutes(), p.inviteRoutes()} {
		maps.Copy(routes, some)
	}
	for _, pattern := range []string{"POST /register/{$}", "POST /confirm/{$}", "POST /reset/password/{$}", "POST /invite/{$}"} {
		routes[pattern] = p.Once(routes[pattern])
	}
	const correction = "POST /register/email/{$}"
	routes[correction] = p.Once(routes[correction], site.RegistrationCookie)
	return routes
}

// Show shows a page of one narrow column, unless the page says otherwise.
func (p *Pages) Show(w http.ResponseWriter, r *site.Request, page site.Page) error {
	page.Column = cmp.Or(page.Column, web.Narrow)
	return p.Pages.Show(w, r, page)
}
