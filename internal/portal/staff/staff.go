// Package staff has the pages on which staff manage all blogs and accounts.
package staff

import (
	"embed"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

//go:embed pages/*.html
var templates embed.FS

// Options configure the pages. All are required.
type Options struct {
	Tenants *tenants.Client
	// Changes makes the changes of staff to tenants.
	Changes *tenants.Staff
	// Registry reads the tenants in the database.
	Registry tenancy.Reader
	Accounts *account.Service
	SignUp   *signup.Service
	Audit    *audit.Log
	// Explain is where the explanation of a tenant reads.
	Explain explain.Sources
	Log     *slog.Logger
}

// Pages are the pages for staff.
type Pages struct {
	*site.Pages
	Options
}

// New returns the pages for staff of a site.
func New(s *site.Site, o Options) (*Pages, error) {
	pages, err := s.LoadPages(templates)
	if err != nil {
		return nil, err
	}
	return &Pages{Pages: pages, Options: o}, nil
}

// Routes returns the routes of all pages. All require the role of staff.
func (p *Pages) Routes() site.Routes {
	routes := site.Routes{
		"GET /staff/{$}":                                  p.showTenants,
		"GET /staff/tenants/{name}/{$}":                   p.showTenant,
		"POST /staff/tenants/{name}/settings/{$}":         p.Once(p.saveSettings, site.SessionCookie),
		"POST /staff/tenants/{name}/suspend/{$}":          p.suspendTenant,
		"POST /staff/tenants/{name}/resume/{$}":           p.resumeTenant,
		"POST /staff/tenants/{name}/delete/{$}":           p.Once(p.deleteTenant, site.SessionCookie),
		"POST /staff/tenants/{name}/deletion/approve/{$}": p.Once(p.approveDeletion, site.SessionCookie),
		"POST /staff/tenants/{name}/deletion/cancel/{$}":  p.Once(p.cancelDeletion, site.SessionCookie),
		"GET /staff/tombstones/{$}":                       p.showTombstones,
		"POST /staff/tombstones/{id}/restore/{$}":         p.Once(p.restoreTombstone, site.SessionCookie),
		"GET /staff/users/{$}":                            p.showUsers,
		"GET /staff/users/{username}/{$}":                 p.showUser,
		"POST /staff/users/{username}/lock/{$}":           p.lockUser,
		"POST /staff/users/{username}/unlock/{$}":         p.unlockUser,
		"POST /staff/users/{username}/reset/{$}":          p.sendReset,
		"GET /staff/codes/{$}":                            p.showCodes,
		"POST /staff/codes/{$}":                           p.Once(p.createCode, site.SessionCookie),
		"POST /staff/codes/{id}/revoke/{$}":               p.revokeCode,
		"GET /staff/audit/{$}":                            p.showAudit,
	}
	for pattern, handler := range routes {
		routes[pattern] = site.RequireStaff(handler)
	}
	return routes
}

// number parses a whole number from a URL. It returns 0 for anything else.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// plainText removes what the database and the API server would refuse from a client's input: control characters and
// invalid UTF-8.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// searchText returns the text to search for, in lower case.
func searchText(r *site.Request) string {
	return strings.ToLower(strings.TrimSpace(plainText(web.Shorten(r.URL.Query().Get("q")))))
}

// formatBytes formats a number of bytes like pg_size_pretty does.
func formatBytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	if unit == 0 || size >= 100 {
		return fmt.Sprintf("%.0f %s", size, units[unit])
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
