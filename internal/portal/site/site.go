// Package site contains what the pages of the public site share: requests with their users, guards, forms, notices, error
// pages and the layout. The pages themselves are in the packages public, member and staff.
package site

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// AuthorizePath is the page to which blogs redirect their owners to log in.
const AuthorizePath = "/authorize/"

// Options configure a Site. All fields but TrustedProxies are required.
type Options struct {
	Tenants  *tenants.Client
	Accounts *account.Service
	// Check returns an error if the site may not serve requests, because the database serves another installation.
	Check func(ctx context.Context) error
	// CheckUsername returns a sentence that says why nobody can sign up with a user name, or "". The address limits how
	// often.
	CheckUsername func(ctx context.Context, username, address string) (refusal string, err error)
	// HasTenant reports whether a host belongs to a live tenant.
	HasTenant func(ctx context.Context, host string) (bool, error)
	// TrustedProxies are the addresses whose X-Forwarded-For header is trusted.
	TrustedProxies []netip.Prefix
	Log            *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// Site serves pages to the visitors of a Platform's public site.
type Site struct {
	options Options
	log     *slog.Logger
	layout  *web.Layout
	waiters waiters
}

// New returns a site without pages.
func New(o Options) (*Site, error) {
	layout, err := web.NewLayout()
	if err != nil {
		return nil, err
	}
	return &Site{options: o, log: o.Log, layout: layout}, nil
}

// Routes maps patterns of http.ServeMux to handlers.
type Routes map[string]Handler

// Handler responds to a request, or returns an error before it has written anything: a *PageError, or an error of a use
// case.
type Handler func(w http.ResponseWriter, r *Request) error
