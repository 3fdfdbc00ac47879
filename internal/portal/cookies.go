package portal

import (
	"net/http"
	"strings"
	"time"
)

// The names of cookies. Behind TLS they carry the prefix __Host-, so that no other host, sub-domains included, can set
// them (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie      = "session"
	registrationCookie = "registration"
	noticeCookie       = "notice"
)

func (p *Portal) cookieName(r *visit, name string) string {
	if secure(r) {
		return "__Host-" + name
	}
	return name
}

// secure reports whether the public site is behind TLS.
func secure(r *visit) bool { return strings.HasPrefix(r.Platform.Spec.PublicURL, "https:") }

// cookie returns the value of a cookie, or "".
func (p *Portal) cookie(r *visit, name string) string {
	cookie, err := r.Cookie(p.cookieName(r, name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie gives the browser a cookie for this host alone, out of reach of scripts.
func (p *Portal) setCookie(w http.ResponseWriter, r *visit, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is set behind TLS; a demo has none
		Name: p.cookieName(r, name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (p *Portal) clearCookie(w http.ResponseWriter, r *visit, name string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is set behind TLS; a demo has none
		Name: p.cookieName(r, name), Path: "/", MaxAge: -1, Secure: secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// notices are what the next page may say of what was done; the cookie carries only the name.
var notices = map[string]string{
	"live":      "Your blog is live.",
	"saved":     "Saved.",
	"password":  "Your password was changed. Other browsers are logged out.",
	"ended":     "That browser is logged out.",
	"others":    "All other browsers are logged out.",
	"reset":     "Your password is changed. Log in with the new one.",
	"confirmed": "Thank you: your address is confirmed.",
	"mailed":    "A mail with a link is on its way to you.",

	"unchanged":  "Nothing was changed.",
	"suspended":  "The blog is suspended: readers are told so within seconds.",
	"resumed":    "The blog is back: readers can read it within seconds.",
	"deleted":    "The blog is deleted. If its data is kept, it is listed here within seconds.",
	"restored":   "The blog is made again with the data that was kept. It is back within seconds.",
	"locked":     "The account is locked, and its sessions have ended.",
	"unlocked":   "The account is unlocked.",
	"revoked":    "The code is good for nothing any more.",
	"reset-sent": "A mail with a link to a new password is on its way.",
}

// notice has the next page say what was done.
func (p *Portal) notice(w http.ResponseWriter, r *visit, name string) {
	p.setCookie(w, r, noticeCookie, name, time.Minute)
}

func (p *Portal) takeNotice(w http.ResponseWriter, r *visit) string {
	name := p.cookie(r, noticeCookie)
	if name == "" || r.Method != http.MethodGet {
		return ""
	}
	p.clearCookie(w, r, noticeCookie)
	return notices[name]
}
