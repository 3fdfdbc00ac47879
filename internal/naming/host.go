package naming

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ErrHost says that a string is not a host name.
var ErrHost = errors.New("not a host name")

// NormalizeHost turns the Host header of a request into the form in which hosts are stored: lower case, without port,
// without a trailing dot, international names in their ASCII form (RFC 5891). It returns ErrHost for anything that is not
// a DNS name, including IP addresses and names that browsers take for one. The rules of the definitions in Kubernetes are
// the same.
func NormalizeHost(header string) (string, error) {
	host := header
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		if !isPort(host[i+1:]) {
			return "", ErrHost
		}
		host = host[:i]
	}
	// ASCII labels need no mapping, and the rules of international names refuse some that exist, such as r2---sn-x.
	host = lowerASCII(strings.TrimSuffix(host, "."))
	if isPlainHost(host) {
		return host, nil
	}
	host, err := idna.Lookup.ToASCII(host)
	if err != nil || !isPlainHost(host) {
		return "", ErrHost
	}
	return host, nil
}

// Under reports whether host is domain or below it.
func Under(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// lowerASCII returns s in lower case if all of it is ASCII.
func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return s
		}
	}
	return strings.ToLower(s)
}

func isPort(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) <= 5
}

// isPlainHost reports whether host is a lower-case DNS name already, which nearly every request's is.
func isPlainHost(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	label := 0
	for i := range len(host) {
		c := host[i]
		switch {
		case c == '.':
			if label == 0 || host[i-1] == '-' {
				return false
			}
			label = 0
			continue
		case c == '-':
			if label == 0 {
				return false
			}
		case (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	if label == 0 || host[len(host)-1] == '-' {
		return false
	}
	return !isNumber(host[len(host)-label:])
}

// isNumber reports whether browsers take a host whose last label this is for an IPv4 address, such as 10.0.0.1, 10.1 or 0xa.1
// (URL Standard, section 3.5: the ends in a number checker).
func isNumber(label string) bool {
	digits, hex := strings.CutPrefix(label, "0x")
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && (!hex || c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
