package web

import (
	"net/http"
	"time"
)

// Cookies sets and reads the cookies of one host. The zero value is for a site without TLS, such as the demo.
type Cookies struct {
	// Secure is true for sites behind TLS. Their cookies have the prefix __Host-, so that no other host, not even a
	// subdomain, can set them (RFC 6265bis section 4.1.3.2).
	Secure bool
}

// Get returns the value of a cookie, or "".
func (c Cookies) Get(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.fullName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Set sets a cookie for this host only, which scripts cannot read.
func (c Cookies) Set(w http.ResponseWriter, name, value string, life time.Duration) {
	c.set(w, name, value, int(life.Seconds()))
}

// Clear removes a cookie.
func (c Cookies) Clear(w http.ResponseWriter, name string) { c.set(w, name, "", -1) }

func (c Cookies) set(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without TLS, browsers would drop a Secure cookie
		Name: c.fullName(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c Cookies) fullName(name string) string {
	if c.Secure {
		return "__Host-" + name
	}
	return name
}
