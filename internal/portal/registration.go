package portal

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/web"
)

// registrationRoutes are the pages that people sign up with.
func (p *Portal) registrationRoutes() map[string]handler {
	return map[string]handler{
		"GET /register/{$}":             p.showRegister,
		"POST /register/{$}":            p.register,
		"GET /register/progress/{$}":    p.showProgress,
		"GET /register/progress/events": p.sendProgress,
	}
}

// registerPage is the view of the sign-up form.
type registerPage struct {
	*form
	// Invite is set if an invitation code is required.
	Invite bool
	// MinPassword and MaxPassword are the limits of the password's length, in characters.
	MinPassword, MaxPassword int
}

func (p *Portal) showRegister(w http.ResponseWriter, r *visit) error {
	if r.User != nil {
		redirect(w, r, "/")
		return nil
	}
	if r.Closed() {
		return signupClosed(r)
	}
	f := newForm(r)
	f.Values["username"] = web.Shorten(r.URL.Query().Get("username"))
	return p.showRegisterForm(w, r, f, http.StatusOK)
}

func (p *Portal) showRegisterForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	return p.show(w, r, page{name: "register", title: "Sign up", status: status, data: registerPage{
		form: f, Invite: r.Platform.RegistrationMode() == v1alpha1.RegistrationInvite,
		MinPassword: account.MinPasswordLength, MaxPassword: account.MaxPasswordLength,
	}})
}

// register signs a person up. Their browser then shows the progress, which logs them in once the blog is live.
func (p *Portal) register(w http.ResponseWriter, r *visit) error {
	if r.User != nil {
		redirect(w, r, "/")
		return nil
	}
	_, token, err := p.signup.Start(r.Context(), signup.Request{
		Username: r.PostFormValue("username"), Email: r.PostFormValue("email"), Code: r.PostFormValue("code"),
		Password: r.PostFormValue("password"), RepeatedPassword: new(r.PostFormValue("confirm_password")), Address: r.Address,
	})
	var (
		invalid *signup.ValidationError
		limited *ratelimit.ExceededError
	)
	switch {
	case errors.As(err, &invalid):
		f := newForm(r, "username", "email", "code")
		for _, e := range invalid.Fields {
			f.refuse(strings.TrimPrefix(e.Field, signup.FieldForm), e.Sentence)
		}
		return p.showRegisterForm(w, r, f, http.StatusUnprocessableEntity)
	case errors.As(err, &limited):
		return signupLimited(limited.Wait)
	case errors.Is(err, signup.ErrClosed):
		return signupClosed(r)
	case errors.Is(err, signup.ErrUnavailable):
		return errSignupUnavailable
	case err != nil:
		return err
	}
	p.setCookie(w, r, registrationCookie, token, signup.UnconfirmedLife)
	redirect(w, r, "/register/progress/")
	return nil
}

var errSignupUnavailable = &failure{
	status: http.StatusServiceUnavailable, title: "Blogs cannot be created right now",
	lead:  "Your sign-up failed, and nothing of it was kept: neither an account nor a blog.",
	steps: []string{"Try again in a minute or two."}, retryAfter: time.Minute,
}

func signupLimited(wait time.Duration) error {
	f := tooMany(wait)
	f.lead = "Too many sign-ups from your network."
	f.steps = []string{"Try again in " + inWords(wait) + "."}
	return f
}

func signupClosed(r *visit) error {
	f := &failure{
		status: http.StatusForbidden, title: "Sign-up is closed", lead: "New accounts are not available at the moment.",
		steps: []string{"If you already have an account, log in."},
	}
	if r.Contact() != "" {
		f.link = &web.Link{Address: string(r.Contact()), Text: "Contact support"}
	}
	return f
}
