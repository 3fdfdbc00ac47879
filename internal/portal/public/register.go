package public

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/web"
)

// registrationRoutes are the pages that people sign up with.
func (p *Pages) registrationRoutes() site.Routes {
	return site.Routes{
		"GET /register/{$}":             p.showRegister,
		"POST /register/{$}":            p.register,
		"GET /register/name":            p.checkName,
		"GET /register/progress/{$}":    p.showProgress,
		"GET /register/progress/events": p.sendProgress,
		"GET /register/email/{$}":       p.showEmail,
		"POST /register/email/{$}":      p.correctEmail,
		"POST /register/resend/{$}":     p.resendConfirmation,
	}
}

// registerPage is the view of the sign-up form.
type registerPage struct {
	*site.Form
	// Invite is set if a registration code is required.
	Invite bool
	// MinPassword and MaxPassword are the limits of the password's length, in characters.
	MinPassword, MaxPassword int
}

func (p *Pages) showRegister(w http.ResponseWriter, r *site.Request) error {
	if r.User != nil {
		site.Redirect(w, r, "/")
		return nil
	}
	if r.SignUpClosed() {
		return signupClosed(r)
	}
	f := site.NewForm(r)
	if name := web.Shorten(r.URL.Query().Get("username")); name != "" {
		f.Values["username"] = name
		// A link may suggest a name that is taken: say so before the person fills in the form, which checks it again.
		if refusal, err := p.SignUp.CheckUsername(r.Context(), name, r.Address); err == nil && refusal != "" {
			f.AddError("username", refusal)
		}
	}
	return p.showRegisterForm(w, r, f, http.StatusOK)
}

func (p *Pages) showRegisterForm(w http.ResponseWriter, r *site.Request, f *site.Form, status int) error {
	r.KeepBrowserID(w) // for Once
	return p.Show(w, r, site.Page{Name: "register", Title: "Sign up", Status: status, Script: "register.js", Data: registerPage{
		Form: f, Invite: r.ByInvitation(),
		MinPassword: account.MinPasswordLength, MaxPassword: account.MaxPasswordLength,
	}})
}

// register signs a person up. Their browser then shows the progress, which logs them in once the blog is live.
func (p *Pages) register(w http.ResponseWriter, r *site.Request) error {
	if r.User != nil {
		site.Redirect(w, r, "/")
		return nil
	}
	request := signup.Request{
		Username: r.PostFormValue("username"), Email: r.PostFormValue("email"), Code: r.PostFormValue("code"),
		Password: r.PostFormValue("password"), Address: r.Address,
	}
	if r.PostForm.Has(signup.FieldRepeatedPassword) { // the form does not have it, but clients may send it
		request.RepeatedPassword = new(r.PostFormValue(signup.FieldRepeatedPassword))
	}
	_, token, err := p.SignUp.Start(r.Context(), request)
	var (
		invalid *signup.ValidationError
		limited *ratelimit.ExceededError
	)
	switch {
	case errors.As(err, &invalid):
		f := site.NewForm(r, "username", "email", "code")
		for _, e := range invalid.Fields {
			f.AddError(strings.TrimPrefix(e.Field, signup.FieldForm), e.Sentence)
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
	r.SetCookie(w, site.RegistrationCookie, token, signup.UnconfirmedLife)
	site.Redirect(w, r, "/register/progress/")
	return nil
}

var errSignupUnavailable = &site.PageError{
	Status: http.StatusServiceUnavailable, Title: "Blogs cannot be created right now",
	Lead:  "Your sign-up failed. Neither an account nor a blog was created.",
	Steps: []string{"Try again in a minute or two."}, RetryAfter: time.Minute,
}

func signupLimited(wait time.Duration) error {
	f := site.TooMany(wait)
	f.Lead = "Too many sign-ups from your network."
	f.Steps = []string{"Try again in " + site.FormatWait(wait) + "."}
	return f
}

func signupClosed(r *site.Request) error {
	return &site.PageError{
		Status: http.StatusForbidden, Title: "Sign-up is closed", Lead: "New accounts cannot be created at the moment.",
		Steps: []string{"If you already have an account, log in."}, Link: r.Contact().Link(),
	}
}
