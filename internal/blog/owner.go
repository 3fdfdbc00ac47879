package blog

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/web"
)

// The pages of this file and of those named write_* are for the owner of a blog. They share nothing with the pages for
// readers, which are the same for everybody and look at no cookie.

const (
	loginPath = "/login/"
	writePath = "/write/"
	// loginToWrite stands at the foot of pages.
	loginToWrite = loginPath + "?next=" + writePath
)

func (s *site) ownerRoutes(mux *http.ServeMux) {
	for pattern, answer := range map[string]ownerPage{
		"GET " + loginPath + "{$}": s.login,
		"GET /login/callback":      s.callback,
		"GET /logout/{$}":          s.showLogout,
		"POST /logout/{$}":         s.logout,
		"GET /register/{$}":        s.register,
		// These find out by themselves who it is: what was typed is kept whoever it is.
		"POST " + writeNewPath + "{$}":     s.save,
		"POST " + writePath + "{slug}/{$}": s.save,
	} {
		mux.Handle(pattern, s.forVisitor(answer))
	}
	for pattern, answer := range map[string]ownerPage{
		"GET " + writePath + "{$}":                s.writeIndex,
		"GET " + writeNewPath + "{$}":             s.writeNew,
		"GET " + writePath + "export.zip":         s.export,
		"GET " + writePath + "{slug}/{$}":         s.writeEdit,
		"GET " + writePath + "{slug}/delete/{$}":  s.confirmDelete,
		"POST " + writePath + "{slug}/delete/{$}": s.deletePost,
	} {
		mux.Handle(pattern, s.forOwner(answer))
	}
}

// ownerRequest is a request for one of the owner's pages.
type ownerRequest struct {
	*http.Request
	// tenant is the one whose blog it is, and host the one of its hosts by which the request came.
	tenant *tenant
	host   string
	now    time.Time
	// username is who is logged in, the blog's owner. Empty: nobody, or it was not looked up.
	username string
}

// ownerPage answers a request. An error is that of a statement, and says that nothing has been answered yet.
type ownerPage func(w http.ResponseWriter, r *ownerRequest) error

// forVisitor lets everybody through, to a suspended blog too: who asks is still to be found out.
func (s *site) forVisitor(answer ownerPage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, host := s.resolve(w, r)
		if t == nil {
			return
		}
		w.Header().Set("Content-Security-Policy", web.FormsPolicy)
		switch {
		case s.sameOrigin.Check(r) != nil:
			s.crossOrigin(w, t)
		case t.requests != nil && !t.requests.Allow():
			s.tooMany(w, t)
		default:
			if err := answer(w, &ownerRequest{Request: r, tenant: t, host: host, now: s.now()}); err != nil {
				s.noDatabase(w, r, t, err)
			}
		}
	})
}

// identify finds out who is logged in.
func (s *site) identify(r *ownerRequest) error {
	token := r.cookie(sessionCookie)
	if token == "" {
		return nil
	}
	ctx, cancel := r.statementContext()
	defer cancel()
	username, err := account.FindBlogSession(ctx, s.pool, token, r.tenant.ID, r.host, r.now)
	if errors.Is(err, account.ErrNotFound) {
		return nil
	}
	r.username = username
	return err
}

func (r *ownerRequest) statementContext() (context.Context, context.CancelFunc) {
	return statementContext(r.Request)
}

// The names of cookies. Behind TLS they carry the prefix __Host-, so that no other host, sub-domains included, can set
// them (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie  = "session"
	verifierCookie = "verifier"
)

func (r *ownerRequest) cookieName(name string) string {
	if r.tenant.secure {
		return "__Host-" + name
	}
	return name
}

// cookie returns the value of a cookie, or "".
func (r *ownerRequest) cookie(name string) string {
	cookie, err := r.Cookie(r.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie gives the browser a cookie for this host alone, out of reach of scripts. A life of 0 takes it back.
func (r *ownerRequest) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // without TLS, as in the demo, a Secure cookie would be dropped
		Name: r.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: r.tenant.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if life == 0 {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// seeOther leads to another page with GET.
func seeOther(w http.ResponseWriter, r *ownerRequest, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
}

// localPath returns next when it is a path of this blog, and otherwise where the owner writes: no link leads elsewhere
// by way of a login.
func localPath(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return writePath
	}
	return next
}
