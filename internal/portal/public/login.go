package public

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

// wrongPassword does not reveal whether the account exists.
const wrongPassword = "Wrong user name, email address or password."

func (p *Pages) loginRoutes() site.Routes {
	return site.Routes{
		"GET /login/{$}":  p.showLogin,
		"POST /login/{$}": p.logIn,
	}
}

func (p *Pages) showLogin(w http.ResponseWriter, r *site.Request) error {
	next := web.LocalPath(r.URL.Query().Get("next"), "/")
	if r.User != nil {
		site.Redirect(w, r, next)
		return nil
	}
	f := site.NewForm(r)
	f.Values["next"] = next
	return p.showLoginForm(w, r, f, http.StatusOK)
}

func (p *Pages) showLoginForm(w http.ResponseWriter, r *site.Request, f *site.Form, status int) error {
	if err := p.allowRedirect(w, r, f.Values["next"]); err != nil {
		return err
	}
	return p.Show(w, r, site.Page{Name: "login", Title: "Log in", Data: f, Status: status})
}

func (p *Pages) logIn(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r, "username", "next")
	f.Values["next"] = web.LocalPath(f.Values["next"], "/")
	username, password := f.Values["username"], r.PostFormValue("password")
	if username == "" || password == "" {
		f.AddError("", "Enter your user name and password.")
		return p.showLoginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	token, err := p.Accounts.LogIn(r.Context(), username, password, r.Browser())
	var refused *account.RefusedError
	switch {
	case errors.Is(err, account.ErrWrongPassword):
		f.AddError("", wrongPassword)
	case errors.As(err, &refused):
		f.AddError("", loginRefusal(refused))
		if refused.Refusal == account.RefusedUnconfirmed {
			f.Values["unconfirmed"] = "yes"
		}
	case err != nil:
		return err
	}
	if !f.OK() {
		return p.showLoginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	r.SetSession(w, token)
	site.Redirect(w, r, f.Values["next"])
	return nil
}

// loginRefusal tells a person who has the right password why they cannot log in.
func loginRefusal(e *account.RefusedError) string {
	switch e.Refusal {
	case account.RefusedRegistering:
		return "Your blog is still being created. Try again in a minute."
	case account.RefusedUnconfirmed:
		return "Confirm your email address first: open the link that we emailed you. Your blog is created then."
	case account.RefusedLocked:
		return "This account is locked. To unlock it, contact support."
	case account.RefusedPending:
		return "Your blog is not available. Try again in a minute. If the problem persists, contact support."
	}
	return "This account no longer has a blog. It is removed a week after its last blog was removed. If you think this is a mistake, contact support."
}

// startSession logs in a user who did not enter a password.
func (p *Pages) startSession(w http.ResponseWriter, r *site.Request, userID int64) error {
	token, err := p.Accounts.StartSession(r.Context(), userID, r.Browser())
	if err != nil {
		return err
	}
	r.SetSession(w, token)
	return nil
}

// allowRedirect lets the login form redirect to the blog that requested the login: browsers apply the form-action of the
// page's policy to the redirects that follow the form.
func (p *Pages) allowRedirect(w http.ResponseWriter, r *site.Request, next string) error {
	to, err := url.Parse(next)
	if err != nil || to.Path != site.AuthorizePath {
		return nil //nolint:nilerr // next leads elsewhere
	}
	blog, err := p.Accounts.BlogAt(r.Context(), to.Query().Get("host"))
	switch {
	case errors.Is(err, account.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	w.Header().Set("Content-Security-Policy",
		strings.Replace(web.FormsPolicy, "form-action 'self'", "form-action 'self' "+naming.URL(r.Platform.Spec.PublicURL, blog.Host), 1))
	return nil
}
