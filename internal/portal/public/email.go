package public

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/signup"
)

// emailPage is the view of the form that corrects the address of a sign-up which waits for its confirmation.
type emailPage struct {
	*site.Form
	// AsksPassword is true in a browser that did not sign up: it has to prove whose sign-up it is.
	AsksPassword bool
}

func (p *Pages) showEmail(w http.ResponseWriter, r *site.Request) error {
	if r.User != nil {
		site.Redirect(w, r, "/account/#correct")
		return nil
	}
	return p.showEmailForm(w, r, site.NewForm(r))
}

func (p *Pages) showEmailForm(w http.ResponseWriter, r *site.Request, f *site.Form) error {
	waiting, err := p.waitingSignup(r)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !f.OK() {
		status = http.StatusUnprocessableEntity
	}
	return p.Show(w, r, site.Page{Name: "register-email", Title: "Correct your email address", Data: emailPage{f, waiting == nil}, Status: status})
}

// waitingSignup returns the sign-up of this browser if it waits for the address to be confirmed, or nil.
func (p *Pages) waitingSignup(r *site.Request) (*signup.Progress, error) {
	progress, err := p.SignUp.Progress(r.Context(), r.CookieValue(site.RegistrationCookie))
	switch {
	case errors.Is(err, account.ErrNotFound), err == nil && progress.State != signup.Confirming:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &progress, nil
}

// correctEmail corrects the address of a sign-up that waits for its confirmation: that of this browser, or of the account
// whose password was entered.
func (p *Pages) correctEmail(w http.ResponseWriter, r *site.Request) error {
	if r.User != nil {
		site.Redirect(w, r, "/account/#correct")
		return nil
	}
	f := site.NewForm(r, "username", "email")
	waiting, err := p.waitingSignup(r)
	if err != nil {
		return err
	}
	var userID int64
	if waiting != nil {
		userID = waiting.UserID
	} else if userID, err = p.proveSignup(w, r, f); err != nil {
		return err
	}
	switch {
	case !f.OK():
		return p.showEmailForm(w, r, f)
	case userID == 0: // it has completed: the person is logged in
		site.Redirect(w, r, "/account/#correct")
		return nil
	}
	err = p.Accounts.CorrectEmail(r.Context(), userID, f.Values["email"], r.Address)
	var conflict *account.ConflictError
	switch {
	case errors.Is(err, account.ErrConfirmed), errors.Is(err, account.ErrNotFound): // in the meantime
		site.Redirect(w, r, "/register/progress/")
		return nil
	case errors.As(err, &conflict):
		f.AddError("email", signup.SentenceEmailTaken)
		return p.showEmailForm(w, r, f)
	case f.AddInvalid(err):
		return p.showEmailForm(w, r, f)
	case err != nil:
		return err
	}
	if waiting == nil {
		return p.Show(w, r, site.Page{Name: "register-confirm", Title: "Check your email", Data: progressPage{Email: f.Values["email"]}})
	}
	site.RedirectWithNotice(w, r, "/register/progress/", site.NoticeMailed)
	return nil
}

// proveSignup returns the ID of the user whose user name and password were entered and who has to confirm the address. It
// returns 0 and logs the user in if the sign-up has completed. What is wrong is added to the form.
func (p *Pages) proveSignup(w http.ResponseWriter, r *site.Request, f *site.Form) (userID int64, err error) {
	token, err := p.Accounts.LogIn(r.Context(), f.Values["username"], r.PostFormValue("password"), r.Browser())
	var refused *account.RefusedError
	switch {
	case errors.Is(err, account.ErrWrongPassword):
		f.AddError("", wrongPassword)
		return 0, nil
	case errors.As(err, &refused) && refused.Refusal == account.RefusedUnconfirmed:
		return refused.UserID, nil
	case errors.As(err, &refused):
		f.AddError("", loginRefusal(refused))
		return 0, nil
	case err != nil:
		return 0, err
	}
	r.SetSession(w, token)
	return 0, nil
}

// resendConfirmation emails another link to a person whose sign-up in this browser waits for it.
func (p *Pages) resendConfirmation(w http.ResponseWriter, r *site.Request) error {
	waiting, err := p.waitingSignup(r)
	switch {
	case err != nil:
		return err
	case waiting == nil:
		site.Redirect(w, r, "/register/progress/")
		return nil
	}
	err = p.Accounts.CorrectEmail(r.Context(), waiting.UserID, waiting.Email, r.Address)
	if err != nil && !errors.Is(err, account.ErrConfirmed) {
		return err
	}
	site.RedirectWithNotice(w, r, "/register/progress/", site.NoticeMailed)
	return nil
}
