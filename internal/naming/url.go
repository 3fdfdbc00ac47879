package naming

import "net/url"

// URL returns the address of a host, without a trailing slash, with the scheme and port of the platform's public
// address. An address that cannot be read counts as https without a port.
func URL(publicURL, host string) string {
	address := url.URL{Scheme: "https", Host: host}
	if public, err := url.Parse(publicURL); err == nil && public.Scheme != "" {
		address.Scheme = public.Scheme
		if port := public.Port(); port != "" {
			address.Host += ":" + port
		}
	}
	return address.String()
}
