package portal

import (
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

// The names of cookies.
const (
	sessionCookie      = "session"
	registrationCookie = "registration"
	noticeCookie       = "notice"
)

func cookies(r *visit) web.Cookies {
	return web.Cookies{Secure: strings.HasPrefix(r.Platform.Spec.PublicURL, "https:")}
}

func (p *Portal) cookie(r *visit, name string) string { return cookies(r).Get(r.Request, name) }

func (p *Portal) setCookie(w http.ResponseWriter, r *visit, name, value string, life time.Duration) {
	cookies(r).Set(w, name, value, life)
}

func (p *Portal) clearCookie(w http.ResponseWriter, r *visit, name string) { cookies(r).Clear(w, name) }

// notices are what the next page may say of what was done; the cookie carries only the name.
var notices = map[string]string{
	"live":      "Your blog is live.",
	"saved":     "Saved.",
	"password":  "Your password was changed. All other browsers were logged out.",
	"ended":     "The browser was logged out.",
	"others":    "All other browsers were logged out.",
	"reset":     "Your password was changed. Log in with the new one.",
	"confirmed": "Your email address is confirmed.",
	"mailed":    "We have emailed you a link.",

	"unchanged":  "Nothing was changed.",
	"suspended":  "The blog is suspended. Readers see this within seconds.",
	"resumed":    "The blog is resumed. Readers can read it again within seconds.",
	"deleted":    "The blog is deleted. If its data is kept, it is listed here within seconds.",
	"restored":   "The blog is being restored with its data. It is back within seconds.",
	"locked":     "The account was locked, and its sessions have ended.",
	"unlocked":   "The account was unlocked.",
	"revoked":    "The code was revoked.",
	"reset-sent": "We have emailed them a link to choose a new password.",
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
