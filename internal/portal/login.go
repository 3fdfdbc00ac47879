package portal

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
)

// wrongPassword does not tell whether the account exists.
const wrongPassword = "Wrong user name, email address or password."

func (p *Portal) loginRoutes() map[string]handler {
	return map[string]handler{
		"GET /{$}":         p.front,
		"GET /login/{$}":   p.showLogin,
		"POST /login/{$}":  p.logIn,
		"GET /logout/{$}":  requireLogin(p.showLogout),
		"POST /logout/{$}": requireLogin(p.logOut),
	}
}

// front shows the landing page, or the user's home page.
func (p *Portal) front(w http.ResponseWriter, r *visit) error {
	if r.User == nil {
		return p.show(w, r, page{name: "landing", title: siteName, home: true})
	}
	return p.home(w, r)
}

func (p *Portal) showLogin(w http.ResponseWriter, r *visit) error {
	next := localPath(r.URL.Query().Get("next"))
	if r.User != nil {
		redirect(w, r, next)
		return nil
	}
	f := newForm(r)
	f.Values["next"] = next
	return p.showLoginForm(w, r, f, http.StatusOK)
}

func (p *Portal) showLoginForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	if err := p.allowHandOver(w, r, f.Values["next"]); err != nil {
		return err
	}
	return p.show(w, r, page{name: "login", title: "Log in", data: f, status: status})
}

func (p *Portal) logIn(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "username", "next")
	f.Values["next"] = localPath(f.Values["next"])
	username, password := f.Values["username"], r.PostFormValue("password")
	if username == "" || password == "" {
		f.refuse("", "Enter your user name and password.")
		return p.showLoginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	token, err := p.accounts.LogIn(r.Context(), username, password, p.browser(r))
	var refused *account.RefusedError
	switch {
	case errors.Is(err, account.ErrWrongPassword):
		f.refuse("", wrongPassword)
	case errors.As(err, &refused):
		f.refuse("", loginRefusal(refused))
	case err != nil:
		return err
	}
	if !f.ok() {
		return p.showLoginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	p.setCookie(w, r, sessionCookie, token, account.SessionLife)
	redirect(w, r, f.Values["next"])
	return nil
}

// loginRefusal tells a person who has the right password why they cannot log in.
func loginRefusal(e *account.RefusedError) string {
	switch e.Refusal {
	case account.RefusedRegistering:
		return "Your blog is still being created. Try again in a minute."
	case account.RefusedLocked:
		return "This account is locked. Contact support."
	case account.RefusedDeleted:
		return fmt.Sprintf("Your blog %s was deleted. To restore it before %s, contact support. After that, this account is removed as well.", e.Blog, day(e.PurgeAt))
	case account.RefusedReplaced:
		return fmt.Sprintf("Your blog %s was deleted, and another blog has its name now. Its posts are kept until %s: to get them, contact support. After that, this account is removed as well.", e.Blog, day(e.PurgeAt))
	case account.RefusedPending:
		return "Your blog is not available. Try again in a minute. If it still fails, contact support."
	}
	return "This account has no blog anymore, and is removed a week after the last one was. If this is a mistake, contact support."
}

// browser returns the browser that sent a request.
func (p *Portal) browser(r *visit) account.Browser {
	return account.Browser{Address: r.Address, UserAgent: r.UserAgent(), Token: p.cookie(r, sessionCookie)}
}

// startSession logs in a user who did not enter a password.
func (p *Portal) startSession(w http.ResponseWriter, r *visit, userID int64) error {
	token, err := p.accounts.StartSession(r.Context(), userID, p.browser(r))
	if err != nil {
		return err
	}
	p.setCookie(w, r, sessionCookie, token, account.SessionLife)
	return nil
}

func (p *Portal) showLogout(w http.ResponseWriter, r *visit) error {
	return p.show(w, r, page{name: "logout", title: "Log out"})
}

func (p *Portal) logOut(w http.ResponseWriter, r *visit) error {
	if err := p.accounts.EndSession(r.Context(), r.User.ID, r.Session.ID); err != nil {
		return err
	}
	p.clearCookie(w, r, sessionCookie)
	redirect(w, r, "/")
	return nil
}
