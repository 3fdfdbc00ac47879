package desired

import (
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// maxRedirects bounds the former hosts of a Tenant.
const maxRedirects = 5

// Redirects returns the former hosts that redirect to the primary host of a row that replaces another one, the latest first.
func Redirects(p *v1alpha1.Platform, have, want tenancy.Spec, now time.Time) []tenancy.Redirect {
	days := p.RedirectOldHostsDays()
	if days == 0 {
		return nil
	}
	var redirects []tenancy.Redirect
	if have.PrimaryHost != "" && have.PrimaryHost != want.PrimaryHost {
		redirects = append(redirects, tenancy.Redirect{Host: have.PrimaryHost, Until: now.AddDate(0, 0, days).UTC().Truncate(time.Second)})
	}
	for _, r := range have.Redirects {
		ended := r.Host == have.PrimaryHost || r.Host == want.PrimaryHost || slices.Contains(want.CustomHosts, r.Host)
		if !ended && now.Before(r.Until) {
			redirects = append(redirects, r)
		}
	}
	return redirects[:min(len(redirects), maxRedirects)]
}
