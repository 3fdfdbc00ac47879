package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxEmail is the longest address, in bytes (RFC 3696, erratum 1690).
	maxEmail = 254
	// maxCode is the longest code that is looked up, in bytes.
	maxCode = 100
)

// registrationFields are those of the form, in the order in which they stand there.
var registrationFields = []string{"username", "email", "password", "confirm_password", "code", ""}

// registrationRoutes are the pages that people register by.
func (p *Portal) registrationRoutes() map[string]handler {
	return map[string]handler{
		"GET /register/{$}":             p.showRegister,
		"POST /register/{$}":            p.register,
		"GET /register/progress/{$}":    p.showProgress,
		"GET /register/progress/events": p.sendProgress,
	}
}

// registrationForm is what the page of the form takes.
type registrationForm struct {
	*form
	// Invite says that a code is needed.
	Invite bool
	// MinPassword and MaxPassword bound the password, in characters.
	MinPassword, MaxPassword int
}

func (p *Portal) showRegister(w http.ResponseWriter, r *visit) error {
	if r.User != nil {
		redirect(w, r, "/")
		return nil
	}
	if err := closed(r); err != nil {
		return err
	}
	f := newForm(r)
	f.Values["username"] = web.Shorten(r.URL.Query().Get("username"))
	return p.showForm(w, r, f, http.StatusOK)
}

func (p *Portal) showForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	data := registrationForm{
		form: f, Invite: r.Platform.RegistrationMode() == v1alpha1.RegistrationInvite,
		MinPassword: account.MinPasswordLength, MaxPassword: account.MaxPasswordLength,
	}
	return p.show(w, r, page{name: "register", title: "Register", data: data, status: status})
}

// closed returns what is said where nobody may register.
func closed(r *visit) error {
	if !r.Closed() {
		return nil
	}
	return &failure{
		status: http.StatusForbidden, title: "Registration is closed", lead: "Nobody can register here at present.",
		steps: []string{"If you have an account, log in.", "Otherwise ask those who run the site."},
	}
}

// register makes an account and its blog of a form, and logs its owner in when that takes no longer than a moment.
func (p *Portal) register(w http.ResponseWriter, r *visit) error {
	if r.User != nil {
		redirect(w, r, "/")
		return nil
	}
	p.countRegistration("tried", "")
	if err := closed(r); err != nil {
		p.countRegistration("refused", "closed")
		return err
	}
	f := newForm(r, "username", "email", "code")
	f.Values["username"] = strings.ToLower(strings.TrimSpace(f.Values["username"]))
	f.Values["email"] = strings.TrimSpace(f.Values["email"])
	if err := p.check(r, f); err != nil {
		return err
	}
	if !f.ok() {
		return p.refuse(w, r, f)
	}
	if err := p.bound(r, p.registrationLimit()); err != nil {
		return err
	}
	registration, token, err := p.apply(r, f)
	if err != nil {
		p.uncount(r)
		return err
	}
	if !f.ok() {
		p.uncount(r)
		return p.refuse(w, r, f)
	}
	return p.follow(w, r, f, registration, token)
}

// check finds out what is wrong with a form.
func (p *Portal) check(r *visit, f *form) error {
	for _, field := range []string{"username", "email", "password", "confirm_password"} {
		if r.PostFormValue(field) == "" {
			f.refuse(field, "Fill this in.")
		}
	}
	f.refuseIf("username", checkUsername(f.Values["username"]))
	f.refuseIf("email", checkEmail(f.Values["email"]))
	password := r.PostFormValue("password")
	var weak *account.PasswordError
	if errors.As(account.CheckPassword(password, f.Values["username"], f.Values["email"]), &weak) {
		f.refuse("password", weak.Sentence)
	}
	if password != r.PostFormValue("confirm_password") {
		f.refuse("confirm_password", "This is not the same as the password above: type it again.")
	}
	if err := p.checkCode(r, f); err != nil {
		return err
	}
	return p.checkFree(r, f)
}

// checkUsername returns what is wrong with a user name, or "".
func checkUsername(name string) string {
	if hyphens := strings.ReplaceAll(name, "_", "-"); hyphens != name && naming.CheckTenant(hyphens) == nil {
		return fmt.Sprintf("The name becomes part of your blog's address, which cannot have an underscore: use %s.", hyphens)
	}
	var refused *naming.NameError
	if errors.As(naming.CheckTenant(name), &refused) {
		return strings.ToUpper(refused.Sentence[:1]) + refused.Sentence[1:] + "."
	}
	return ""
}

// checkEmail returns what is wrong with an address, or "".
func checkEmail(email string) string {
	parsed, err := mail.ParseAddress(email)
	switch {
	case len(email) > maxEmail:
		return fmt.Sprintf("An address has at most %d characters.", maxEmail)
	case err != nil || parsed.Address != email || strings.Count(email, "@") != 1 || strings.Contains(email, " "):
		return "This is no email address: write it such as jane@example.com."
	}
	return ""
}

// checkCode looks for the code of an invitation where one is needed. Elsewhere none is used.
func (p *Portal) checkCode(r *visit, f *form) error {
	if r.Platform.RegistrationMode() != v1alpha1.RegistrationInvite {
		f.Values["code"] = ""
		return nil
	}
	code := strings.TrimSpace(f.Values["code"])
	f.Values["code"] = code
	if code == "" || len(code) > maxCode {
		f.refuse("code", "Fill in the code that you were given: registration is by invitation.")
		return nil
	}
	good, err := signup.CodeIsGood(r.Context(), p.db, code, r.Now)
	if err == nil && !good {
		f.refuse("code", wrongCode)
	}
	return err
}

const wrongCode = "This code is not known, has expired or is used up: ask those who run the site for another one."

// checkFree looks whether somebody has the name or the address. What is not well-formed is not looked for.
func (p *Portal) checkFree(r *visit, f *form) error {
	name := f.Values["username"]
	taken, err := signup.LookUp(r.Context(), p.db, signup.Wanted{
		Username: name, Schema: naming.Schema(name), Host: name + "." + string(r.Platform.Spec.Domains[0]), Email: f.Values["email"],
	})
	if err != nil {
		return err
	}
	if taken.Undoing {
		f.refuse("", "A registration with this name or address has failed a moment ago and is being taken back. Try again in a minute.")
		return nil
	}
	_, err = p.tenants.Get(r.Context(), name)
	switch {
	case err == nil || taken.Username:
		f.refuse("username", takenName(name))
	case !errors.Is(err, tenants.ErrNotFound):
		return err
	}
	if taken.Email {
		f.refuse("email", takenEmail)
	}
	return nil
}

const takenEmail = "This address is taken: another account has it. If it is yours, log in instead."

func takenName(name string) string {
	return fmt.Sprintf("The name %s is taken: choose another one.", name)
}

// refuseIf notes a sentence about a field, unless there is none.
func (f *form) refuseIf(field, sentence string) {
	if sentence != "" {
		f.refuse(field, sentence)
	}
}

// refuse shows a form again with what is wrong beside its fields.
func (p *Portal) refuse(w http.ResponseWriter, r *visit, f *form) error {
	for _, field := range registrationFields {
		if f.Errors[field] != "" {
			if field == "" {
				field = "form"
			}
			p.countRegistration("refused", field)
			break
		}
	}
	if err := p.bound(r, p.refusalLimit()); err != nil {
		return err
	}
	return p.showForm(w, r, f, http.StatusUnprocessableEntity)
}

func (p *Portal) registrationLimit() ratelimit.Limit {
	return ratelimit.Limit{Kind: "register", Free: p.options.RegistrationsPerHour, Window: time.Hour}
}

func (p *Portal) refusalLimit() ratelimit.Limit {
	return ratelimit.Limit{Kind: "register-refused", Free: p.options.RefusedPerHour, Window: time.Hour}
}

// bound counts an attempt by the client's network against a limit.
func (p *Portal) bound(r *visit, limit ratelimit.Limit) error {
	err := p.attempt(r, limit, r.Address)
	var exceeded *ratelimit.ExceededError
	if !errors.As(err, &exceeded) {
		return err
	}
	p.countRegistration("refused", "limited")
	f := tooMany(exceeded.Wait)
	f.lead = "Too many sign-ups from your network."
	return f
}

// uncount takes the last attempt back: it came to nothing, and not by the doing of who asks. Where that fails, they may
// try once less.
func (p *Portal) uncount(r *visit) {
	if err := ratelimit.Refund(r.Context(), p.db, p.registrationLimit(), r.Address); err != nil {
		p.log.LogAttrs(r.Context(), slog.LevelWarn, "A registration that failed counts for its address", slog.String("cause", causeOf(err)))
	}
}

// apply writes the account down. What somebody else has taken in this moment is noted in the form.
func (p *Portal) apply(r *visit, f *form) (*signup.Registration, string, error) {
	hash, err := p.hasher.Hash(r.Context(), r.PostFormValue("password"))
	if err != nil {
		return nil, "", fmt.Errorf("hash a password: %w", err)
	}
	now := p.now() // the password may have waited for its turn
	application := signup.Application{
		User: account.User{
			Username: f.Values["username"], Email: f.Values["email"], PasswordHash: hash,
			Role: account.Author, State: account.Registering, CreatedAt: now,
		},
		State: signup.Provisioning, Code: f.Values["code"], LeasedUntil: now.Add(leaseTime),
	}
	if p.options.ConfirmFirst {
		application.State = signup.Confirming
	}
	registration, token, err := signup.Register(r.Context(), p.db, application, now)
	var taken *account.TakenError
	switch {
	case errors.As(err, &taken) && taken.Email:
		f.refuse("email", takenEmail)
	case errors.As(err, &taken):
		f.refuse("username", takenName(f.Values["username"]))
	case errors.Is(err, signup.ErrNoCode):
		f.refuse("code", wrongCode)
	case err != nil:
		return nil, "", err
	case application.State == signup.Confirming:
		p.outbox.Wake()
	}
	return &registration, token, nil
}

// follow has the blog made and leads to where its owner sees it, or how far it is.
func (p *Portal) follow(w http.ResponseWriter, r *visit, f *form, registration *signup.Registration, token string) error {
	if registration.State == signup.Provisioning {
		// Whoever breaks off now gets the blog all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), workTimeout)
		defer cancel()
		if err := p.provisionNow(ctx, registration); err != nil {
			p.uncount(r)
			return err
		}
	}
	switch registration.State {
	case signup.Live:
		err := p.logIn(w, r, registration.UserID)
		if err == nil {
			p.notice(w, r, "live")
			redirect(w, r, "/")
			return nil
		}
		p.log.LogAttrs(r.Context(), slog.LevelWarn, "Nobody could be logged in after a registration", slog.String("cause", causeOf(err)))
	case signup.Undoing, signup.Failed:
		p.uncount(r)
		f.refuse("username", registration.Failure)
		return p.refuse(w, r, f)
	}
	p.setCookie(w, r, registrationCookie, token, account.UnconfirmedLife)
	redirect(w, r, "/register/progress/")
	return nil
}

// countRegistration counts for the metrics.
func (p *Portal) countRegistration(result, reason string) {
	p.metrics.registrations.WithLabelValues(result, reason).Inc()
}
