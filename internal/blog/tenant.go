package blog

import (
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// tenant is the handle by which one request is answered: what the registry says. It is never changed; a change in the registry makes another one.
type tenant struct {
	registry.Listing
	// origin is the scheme, primary host and port that links begin with, without a slash at the end.
	origin string
	// publicURL is the address of the public site, without a slash at the end. Empty before the operator's first contact
	// with the database.
	publicURL string
	// secure says that the platform is behind TLS.
	secure bool
	// requests bounds requests per second. nil: no limit.
	requests *rate.Limiter
}

// newTenant makes a handle. It takes over from old what has not changed; old may be nil.
func newTenant(listing registry.Listing, publicURL string, old *tenant) *tenant {
	t := &tenant{
		Listing: listing, origin: naming.URL(publicURL, listing.PrimaryHost), publicURL: publicURL,
		secure: strings.HasPrefix(publicURL, "https:"),
	}
	switch limit := listing.RequestsPerSecond; {
	case limit == nil:
	case old != nil && old.requests != nil && old.requests.Limit() == rate.Limit(*limit):
		t.requests = old.requests // a new one would let a burst through at each change of the row
	default:
		t.requests = rate.NewLimiter(rate.Limit(*limit), int(*limit))
	}
	return t
}

// posts are those of the tenant.
func (t *tenant) posts() post.Store { return post.NewStore(t.SchemaName) }

// says reports whether the handle is what newTenant would make again.
func (t *tenant) says(listing registry.Listing, publicURL string) bool {
	same := t.Name == listing.Name && t.SchemaName == listing.SchemaName && t.DisplayName == listing.DisplayName && t.Owner == listing.Owner &&
		t.PrimaryHost == listing.PrimaryHost && t.PaidUntil.Equal(listing.PaidUntil) && t.SuspendAt.Equal(listing.SuspendAt) &&
		slices.Equal(t.Hosts, listing.Hosts)
	if !same || (t.RequestsPerSecond == nil) != (listing.RequestsPerSecond == nil) {
		return false
	}
	return (t.RequestsPerSecond == nil || *t.RequestsPerSecond == *listing.RequestsPerSecond) &&
		t.publicURL == publicURL
}
