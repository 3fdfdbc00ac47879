package portaltest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A site is an operator, a blog and the public site, which tests share.
type sharedSite struct {
	platform *stack.Platform
	site     *stack.Portal
	dns      *dnsserver.Server // nil: none
}

var (
	plainSite = stack.NewShared(func(t testing.TB) sharedSite {
		t.Helper()
		p, site := NewSite(t, trustClients)
		return sharedSite{platform: p, site: site}
	})
	siteWithDNS = stack.NewShared(func(t testing.TB) sharedSite {
		t.Helper()
		dns := dnsserver.Start(t)
		p, site := NewSiteWithDNS(t, dns, "*."+ListedDomain)
		return sharedSite{platform: p, site: site, dns: dns}
	})
)

const (
	// ListedDomain is the parent of the custom domains that the Platform of SharedSiteWithDNS serves without a proof.
	ListedDomain = "listed.example"

	// trustClients lets the tests choose the address that limits by network apply to.
	trustClients = "--trusted-proxies=127.0.0.1"
)

// SharedSite is NewSite for a test that can share the operator, the blog and the public site with others. It uses Tenants,
// users and hosts with names from Name, counts and changes only what belongs to these, changes neither the Platform nor a
// limit, and stops no program.
func SharedSite(t *testing.T) (*stack.Platform, *stack.Portal) {
	t.Helper()
	p, site, _ := plainSite.Get(t).in(t)
	return p, site
}

// SharedSiteWithDNS is SharedSite for NewSiteWithDNS. The test must not break the DNS server.
func SharedSiteWithDNS(t *testing.T) (*stack.Platform, *stack.Portal, *dnsserver.Server) {
	t.Helper()
	return siteWithDNS.Get(t).in(t)
}

// in returns what is shared for one test, whose requests come from an address of its own.
func (s sharedSite) in(t *testing.T) (*stack.Platform, *stack.Portal, *dnsserver.Server) {
	t.Helper()
	site := *s.site
	n := tests.Add(1)
	site.ClientAddress = fmt.Sprintf("10.0.%d.%d", n/250, n%250+1)
	return s.platform.In(t), &site, s.dns
}

var tests, names atomic.Int32

// Name returns a name that begins with another one and that no other test of the package has. It is valid for Tenants, users
// and schemas.
func Name(base string) string { return fmt.Sprintf("%s%03d", base, names.Add(1)) }
