package tenancy

import (
	"encoding/json"
	"slices"
	"time"
)

// Redirect is a former primary host of a tenant that redirects to the present one. It reserves nothing: a tenant that claims
// the host gets it.
type Redirect struct {
	// Host is the former primary host.
	Host string `json:"host"`
	// Until is when the redirect ends.
	Until time.Time `json:"until"`
}

// FormerHosts returns the hosts of the redirects.
func (s Spec) FormerHosts() []string {
	hosts := make([]string, len(s.Redirects))
	for i, r := range s.Redirects {
		hosts[i] = r.Host
	}
	return hosts
}

// EqualRedirects reports whether two lists of redirects are equal.
func EqualRedirects(a, b []Redirect) bool {
	return slices.EqualFunc(a, b, func(x, y Redirect) bool { return x.Host == y.Host && x.Until.Equal(y.Until) })
}

// encodeRedirects returns redirects as JSON.
func encodeRedirects(redirects []Redirect) (string, error) {
	if len(redirects) == 0 {
		return "[]", nil
	}
	encoded, err := json.Marshal(redirects)
	return string(encoded), err
}
