package portaltest

import (
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// NewPlatform starts an operator and a blog.
func NewPlatform(t testing.TB) *stack.Platform {
	t.Helper()
	p := stack.New(t)
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	return p
}

// NewSite starts an operator, a blog, and the public site with additional flags.
func NewSite(t testing.TB, flags ...string) (*stack.Platform, *stack.Portal) {
	t.Helper()
	p := NewPlatform(t)
	return p, p.StartPortal(0, append([]string{"--registrations-per-hour=1000", "--refused-registrations-per-hour=1000"}, flags...)...)
}

// NewSiteWithDNS starts an operator, a blog and the public site, which ask a DNS server for the records of custom domains.
// The Platform serves those that are proven, and those that match a pattern.
func NewSiteWithDNS(t testing.TB, dns *dnsserver.Server, allowed ...v1alpha1.CustomDomainPattern) (*stack.Platform, *stack.Portal) {
	t.Helper()
	p := stack.New(t, func(p *v1alpha1.Platform) {
		p.Spec.Routing.CustomDomains, p.Spec.Routing.AllowedCustomDomains = v1alpha1.CustomDomainsVerified, allowed
	})
	flag := "--dns-server=" + dns.Address
	p.StartOperator(flag)
	p.WaitReady()
	p.StartBlog(0)
	return p, p.StartPortal(0, flag, trustClients, "--registrations-per-hour=1000", "--refused-registrations-per-hour=1000")
}
