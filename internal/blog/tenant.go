package blog

import (
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

// tenant is the handle by which one request is answered: what the registry says. It is never changed; a change in the registry makes another one.
type tenant struct {
	directory.Entry
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
func newTenant(entry directory.Entry, publicURL string, old *tenant) *tenant {
	t := &tenant{
		Entry: entry, origin: naming.URL(publicURL, entry.PrimaryHost), publicURL: publicURL,
		secure: strings.HasPrefix(publicURL, "https:"),
	}
	switch limit := entry.RequestsPerSecond; {
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
func (t *tenant) says(entry directory.Entry, publicURL string) bool {
	same := t.Name == entry.Name && t.SchemaName == entry.SchemaName && t.DisplayName == entry.DisplayName && t.Owner == entry.Owner &&
		t.PrimaryHost == entry.PrimaryHost && t.PaidUntil.Equal(entry.PaidUntil) && t.SuspendAt.Equal(entry.SuspendAt) &&
		slices.Equal(t.Hosts, entry.Hosts)
	if !same || (t.RequestsPerSecond == nil) != (entry.RequestsPerSecond == nil) {
		return false
	}
	return (t.RequestsPerSecond == nil || *t.RequestsPerSecond == *entry.RequestsPerSecond) &&
		t.publicURL == publicURL
}
