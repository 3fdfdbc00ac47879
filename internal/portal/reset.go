package portal

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/web"
)

// resetRoutes are the pages for people who forgot their password.
func (p *Portal) resetRoutes() map[string]handler {
	return map[string]handler{
		"GET /reset/{$}":           p.showReset,
		"POST /reset/{$}":          p.requestReset,
		"GET /reset/password/{$}":  p.showNewPassword,
		"POST /reset/password/{$}": p.resetPassword,
	}
}

func (p *Portal) showReset(w http.ResponseWriter, r *visit) error {
	return p.show(w, r, page{name: "reset", title: "Reset your password", data: newForm(r)})
}

func (p *Portal) requestReset(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "username")
	if account.EmailKey(f.Values["username"]) == "" {
		f.refuse("username", "Enter your user name or email address.")
		return p.show(w, r, page{name: "reset", title: "Reset your password", data: f, status: http.StatusUnprocessableEntity})
	}
	if err := p.accounts.RequestReset(r.Context(), f.Values["username"], r.Address); err != nil {
		return err
	}
	return p.show(w, r, page{name: "reset-sent", title: "Check your email"})
}

// errInvalidLink answers a link whose token is not valid. again is the page that sends another link; empty: none does.
func errInvalidLink(again string, steps ...string) error {
	f := &failure{status: http.StatusGone, title: "This link is no longer valid", lead: "It was used already, or it has expired.", steps: steps}
	if again != "" {
		f.link = &web.Link{Address: again, Text: "Request a new link"}
	}
	return f
}

func (p *Portal) showNewPassword(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	return p.showPasswordForm(w, r, f, http.StatusOK)
}

func (p *Portal) showPasswordForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	user, err := p.accounts.UserByToken(r.Context(), account.PurposeReset, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidLink("/reset/")
	}
	if err != nil {
		return err
	}
	f.Values["username"] = user.Username
	return p.show(w, r, page{name: "reset-password", title: "Choose a new password", data: f, status: status})
}

func (p *Portal) resetPassword(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "token")
	password, ok := newPassword(r, f)
	if !ok {
		return p.showPasswordForm(w, r, f, http.StatusUnprocessableEntity)
	}
	err := p.accounts.ResetPassword(r.Context(), f.Values["token"], password)
	switch {
	case errors.Is(err, account.ErrNotFound):
		return errInvalidLink("/reset/")
	case f.refuseInvalid(err):
		return p.showPasswordForm(w, r, f, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	p.notice(w, r, "reset")
	redirect(w, r, "/login/")
	return nil
}

// newPassword returns a password that was entered twice. If the two differ, it adds an error to the form.
func newPassword(r *visit, f *form) (password string, ok bool) {
	password = r.PostFormValue("password")
	if password != r.PostFormValue("confirm_password") {
		f.refuse("confirm_password", "The passwords do not match.")
	}
	return password, f.ok()
}

// refuseInvalid adds the values that a use case did not accept to the errors of a form, and reports whether there are
// any.
func (f *form) refuseInvalid(err error) bool {
	all := []error{err}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var invalid *account.InvalidError
		if errors.As(err, &invalid) {
			f.refuse(string(invalid.Field), invalid.Sentence)
		}
	}
	return !f.ok()
}
