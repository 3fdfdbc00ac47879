package portal

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
)

// confirmRoutes are the pages for the confirmation of email addresses.
func (p *Portal) confirmRoutes() map[string]handler {
	return map[string]handler{
		"GET /confirm/{$}":          p.showConfirm,
		"POST /confirm/{$}":         p.confirm,
		"POST /account/confirm/{$}": requireLogin(p.requestConfirmation),
	}
}

var errInvalidConfirmation = errInvalidLink("/account/", "If your address is not confirmed yet, log in and send the email again.")

// showConfirm shows a button. Only the button confirms: mail scanners open links.
func (p *Portal) showConfirm(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	user, err := p.accounts.UserByToken(r.Context(), account.PurposeConfirm, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidConfirmation
	}
	if err != nil {
		return err
	}
	f.Values["email"] = user.Email
	return p.show(w, r, page{name: "confirm", title: "Confirm your email address", data: f})
}

func (p *Portal) confirm(w http.ResponseWriter, r *visit) error {
	userID, err := p.accounts.ConfirmEmail(r.Context(), r.PostFormValue("token"))
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidConfirmation
	}
	if err != nil {
		return err
	}
	if err := p.signup.Confirmed(r.Context(), userID); err != nil {
		return err
	}
	p.notice(w, r, "confirmed")
	switch {
	case r.User != nil:
		redirect(w, r, "/")
	case p.cookie(r, registrationCookie) != "":
		redirect(w, r, "/register/progress/")
	default:
		redirect(w, r, "/login/")
	}
	return nil
}

func (p *Portal) requestConfirmation(w http.ResponseWriter, r *visit) error {
	if err := p.accounts.RequestConfirmation(r.Context(), r.User); err != nil {
		return err
	}
	p.notice(w, r, "mailed")
	redirect(w, r, "/account/")
	return nil
}
