// Package member has the pages for users: home page, account, and the settings of their blogs.
package member

import (
	"embed"
	"log/slog"
	"maps"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

//go:embed pages/*.html
var templates embed.FS

// Options configure the pages. All are required.
type Options struct {
	Tenants   *tenants.Client
	Domains   *tenants.Domains
	Deletions *tenants.Deletions
	Accounts  *account.Service
	Log       *slog.Logger
}

// Pages are the pages for users.
type Pages struct {
	*site.Pages
	Options
}

// New returns the pages for users of a site.
func New(s *site.Site, o Options) (*Pages, error) {
	pages, err := s.LoadPages(templates)
	if err != nil {
		return nil, err
	}
	return &Pages{Pages: pages, Options: o}, nil
}

// Routes returns the routes of all pages but Home. All but the form that logs out require a login.
func (p *Pages) Routes() site.Routes {
	routes := make(site.Routes)
	for _, some := range []site.Routes{p.accountRoutes(), p.blogRoutes(), p.authorizeRoutes()} {
		maps.Copy(routes, some)
	}
	for pattern, handler := range routes {
		routes[pattern] = site.RequireLogin(handler)
	}
	routes["POST /account/{tenant}/delete/{$}"] = p.Once(routes["POST /account/{tenant}/delete/{$}"]) // which may end the session
	routes["POST /logout/{$}"] = p.logOut
	return routes
}
