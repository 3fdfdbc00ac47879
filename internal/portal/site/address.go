package site

import (
	"net/http"
	"net/netip"
	"strings"
)

// address returns the network that a request came from, for rate limits: that of the peer or, if the peer is a trusted
// proxy, of the last address in X-Forwarded-For that is not one.
func (s *Site) address(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := peer.Addr().Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && s.trusts(address); i-- {
		before, ok := parseForwarded(strings.TrimSpace(forwarded[i]))
		if !ok {
			break
		}
		address = before.Unmap()
	}
	return network(address)
}

// parseForwarded parses an address of X-Forwarded-For. Some proxies add the port, and then write IPv6 addresses in brackets.
func parseForwarded(text string) (netip.Addr, bool) {
	if address, err := netip.ParseAddrPort(text); err == nil {
		return address.Addr(), true
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return address, err == nil
}

func (s *Site) trusts(address netip.Addr) bool {
	for _, prefix := range s.options.TrustedProxies {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// network returns what counts as one client: an IPv4 address, or the IPv6 /64 of one customer (RFC 6177).
func network(address netip.Addr) string {
	if address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
