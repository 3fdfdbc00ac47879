package editor

import (
	"net/http"
	"time"
)

// The names of cookies. Over TLS they have the prefix __Host-, so that no other host, not even a subdomain, can set them
// (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie  = "session"
	verifierCookie = "verifier"
)

func (r *request) cookieName(name string) string {
	if r.tenant.Secure {
		return "__Host-" + name
	}
	return name
}

// cookie returns the value of a cookie, or "".
func (r *request) cookie(name string) string {
	cookie, err := r.Cookie(r.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie sets a cookie for this host only, which scripts cannot read. A life of 0 removes it.
func (r *request) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // without TLS, as in the demo, a Secure cookie would be dropped
		Name: r.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: r.tenant.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if life == 0 {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}
