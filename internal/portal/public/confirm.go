package public

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
)

// confirmRoutes are the pages for the confirmation of email addresses.
func (p *Pages) confirmRoutes() site.Routes {
	return site.Routes{
		"GET /confirm/{$}":  p.showConfirm,
		"POST /confirm/{$}": p.confirm,
	}
}

// errInvalidConfirmation leads the browser that signed up to its sign-up, and others to the account.
func errInvalidConfirmation(r *site.Request) error {
	if r.User == nil && r.CookieValue(site.RegistrationCookie) != "" {
		return errInvalidLink("/register/progress/", "If your address is not confirmed yet, request a new link.")
	}
	return errInvalidLink("/account/", "If your address is not confirmed yet, log in and request a new link.")
}

// showConfirm shows a button that confirms the address. Opening the link must not confirm it, because mail scanners open
// links.
func (p *Pages) showConfirm(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	user, err := p.Accounts.UserByToken(r.Context(), account.PurposeConfirm, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidConfirmation(r)
	}
	if err != nil {
		return err
	}
	f.Values["email"] = user.Email
	r.KeepBrowserID(w) // for Once
	return p.Show(w, r, site.Page{Name: "confirm", Title: "Confirm your email address", Data: f})
}

func (p *Pages) confirm(w http.ResponseWriter, r *site.Request) error {
	userID, err := p.Accounts.ConfirmEmail(r.Context(), r.PostFormValue("token"))
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidConfirmation(r)
	}
	if err != nil {
		return err
	}
	if err := p.SignUp.Confirmed(r.Context(), userID); err != nil {
		return err
	}
	next := "/login/"
	switch {
	case r.User != nil:
		next = "/"
	case r.CookieValue(site.RegistrationCookie) != "":
		next = "/register/progress/"
	}
	site.RedirectWithNotice(w, r, next, site.NoticeConfirmed)
	return nil
}
