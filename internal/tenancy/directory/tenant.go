package directory

import (
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// Tenant is the tenant of a request. It is immutable: a change in the registry, or of the content, creates another one. So what was
// read of the content after a lookup that returned this one is right for as long as lookups do.
type Tenant struct {
	Entry
	// Origin is the start of links to the tenant: scheme, primary host and port, without a slash at the end.
	Origin string
	// PublicURL is the address of the public site, without a slash at the end. Empty before the operator's first contact
	// with the database.
	PublicURL string
	// Secure says that the platform is served over TLS.
	Secure bool
	// limiter bounds requests per second. nil: no limit.
	limiter *rate.Limiter
}

// newTenant returns the Tenant of an entry. It keeps what has not changed since old, which may be nil.
func newTenant(entry Entry, publicURL string, old *Tenant) *Tenant {
	t := &Tenant{
		Entry: entry, Origin: naming.URL(publicURL, entry.PrimaryHost), PublicURL: publicURL,
		Secure: strings.HasPrefix(publicURL, "https:"),
	}
	switch limit := entry.RequestsPerSecond; {
	case limit == nil:
	case old != nil && old.limiter != nil && old.limiter.Limit() == rate.Limit(*limit):
		t.limiter = old.limiter // a new one would allow a burst after each change of the row
	default:
		t.limiter = rate.NewLimiter(rate.Limit(*limit), int(*limit))
	}
	return t
}

// Allow counts a request, and reports whether it is within the tenant's limit.
func (t *Tenant) Allow() bool { return t.limiter == nil || t.limiter.Allow() }

// equal reports whether newTenant would return the same Tenant again.
func (t *Tenant) equal(e Entry, publicURL string) bool {
	return t.Name == e.Name && t.SchemaName == e.SchemaName && t.DisplayName == e.DisplayName && t.Owner == e.Owner &&
		t.PrimaryHost == e.PrimaryHost && slices.Equal(t.Hosts, e.Hosts) && t.CreatedAt.Equal(e.CreatedAt) && t.PaidUntil.Equal(e.PaidUntil) && t.SuspendAt.Equal(e.SuspendAt) && t.SuspensionReason == e.SuspensionReason && tenancy.EqualRedirects(t.Redirects, e.Redirects) &&
		t.ContentVersion == e.ContentVersion && equal(t.MaxPosts, e.MaxPosts) && equal(t.MaxStorageBytes, e.MaxStorageBytes) && equal(t.RequestsPerSecond, e.RequestsPerSecond) &&
		t.PublicURL == publicURL
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
