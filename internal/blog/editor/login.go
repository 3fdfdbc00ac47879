package editor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/echoblogs/echoblogs/internal/account/blogsession"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// verifierLife is how long a login can take, including the time to type the password.
const verifierLife = 10 * time.Minute

// login sends the browser to the public site, which authenticates the user. The verifier cookie of this host makes the
// code that comes back useless to anyone else. All logins that a browser begins before the cookie expires have the same
// verifier: those of two tabs do not end each other's.
func (e *Editor) login(w http.ResponseWriter, r *request) error {
	next := web.LocalPath(r.URL.Query().Get("next"), site.WritePath)
	if err := e.identify(r); err != nil {
		return err
	}
	switch {
	case r.username != "":
		web.SeeOther(w, r.Request, next)
		return nil
	case r.tenant.PublicURL == "":
		e.noPublicSite(w, r.tenant)
		return nil
	}
	verifier := r.cookies().Get(r.Request, verifierCookie)
	if !secret.IsSecret(verifier) {
		verifier = secret.New()
	}
	r.cookies().Set(w, verifierCookie, verifier, verifierLife)
	query := url.Values{"host": {r.host}, "challenge": {blogsession.Challenge(verifier)}, "next": {next}}
	web.SeeOtherSite(w, r.Request, r.tenant.PublicURL, "/authorize/?"+query.Encode())
	return nil
}

// callback redeems the code of the public site for a session on this blog. If the code is not valid but the browser is logged
// in, as by another tab or the first of two clicks, the login has succeeded.
func (e *Editor) callback(w http.ResponseWriter, r *request) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address contains the code
	query := r.URL.Query()
	next := web.LocalPath(query.Get("next"), site.WritePath)
	verifier := r.cookies().Get(r.Request, verifierCookie)
	if verifier == "" {
		return e.loginNotRedeemed(w, r, next)
	}
	var token string
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		token, err = blogsession.Redeem(ctx, db, query.Get("code"), verifier, r.tenant.ID, r.host, r.now)
		return err
	})
	switch {
	case errors.Is(err, blogsession.ErrNotFound):
		return e.loginNotRedeemed(w, r, next)
	case err != nil:
		return err
	}
	r.cookies().Set(w, sessionCookie, token, blogsession.Life)
	web.SeeOther(w, r.Request, next)
	return nil
}

// loginNotRedeemed responds to a login whose code is not valid.
func (e *Editor) loginNotRedeemed(w http.ResponseWriter, r *request, next string) error {
	if err := e.identify(r); err != nil {
		return err
	}
	if r.username == "" {
		e.loginFailed(w, r, next)
		return nil
	}
	web.SeeOther(w, r.Request, next)
	return nil
}

func (e *Editor) confirmLogout(w http.ResponseWriter, r *request) error {
	if err := e.identify(r); err != nil {
		return err
	}
	if r.username == "" {
		web.SeeOther(w, r.Request, "/")
		return nil
	}
	return e.show(w, r, view{name: "logout", title: "Log out"})
}

// logout ends the session on this blog. Those on the public site and on other blogs continue.
func (e *Editor) logout(w http.ResponseWriter, r *request) error {
	if token := r.cookies().Get(r.Request, sessionCookie); token != "" {
		err := e.query(r, func(ctx context.Context, db postgres.Beginner) error {
			return blogsession.End(ctx, db, token, r.tenant.ID)
		})
		if err != nil {
			return err
		}
		r.cookies().Clear(w, sessionCookie)
	}
	web.SeeOther(w, r.Request, "/")
	return nil
}

// register redirects to the public site's sign-up, which has the same path.
func (e *Editor) register(w http.ResponseWriter, r *request) error {
	if r.tenant.PublicURL == "" {
		e.noPublicSite(w, r.tenant)
		return nil
	}
	web.SeeOtherSite(w, r.Request, r.tenant.PublicURL, r.URL.RequestURI())
	return nil
}

func (e *Editor) loginFailed(w http.ResponseWriter, r *request, next string) {
	e.Layout.Send(w, web.Message{
		Page:   site.Page(r.tenant, "Login failed"),
		Status: http.StatusForbidden,
		Lead:   "The login took too long, was completed already, or was started in another browser.",
		Steps:  []string{"Log in again. If it still fails, allow cookies for this site."},
		Link:   &web.Link{Address: site.LoginPath + "?next=" + url.QueryEscape(next), Text: "Log in"},
	})
}

func (e *Editor) noPublicSite(w http.ResponseWriter, t *directory.Tenant) {
	e.Layout.Send(w, web.Message{
		Page:       e.WithContact(site.Page(t, "Login is temporarily unavailable")),
		Status:     http.StatusServiceUnavailable,
		Lead:       "The address of the site that manages accounts is not known yet.",
		Steps:      []string{"Try again in a minute. If the problem persists, contact support."},
		RetryAfter: time.Minute,
	})
}
