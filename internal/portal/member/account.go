package member

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/web"
)

// accountRoutes are the pages of a user's account.
func (p *Pages) accountRoutes() site.Routes {
	return site.Routes{
		"GET /account/{$}":                      p.showAccount,
		"POST /account/password/{$}":            p.Once(p.changePassword, site.SessionCookie),
		"POST /account/confirm/{$}":             p.requestConfirmation,
		"POST /account/email/{$}":               p.Once(p.correctEmail, site.SessionCookie),
		"POST /account/sessions/end/{$}":        p.endSession,
		"POST /account/sessions/end-others/{$}": p.endOtherSessions,
		"GET /logout/{$}":                       p.showLogout,
		"POST /logout/{$}":                      p.logOut,
	}
}

// accountPage is the view of the account page.
type accountPage struct {
	Blogs    []blogView
	Deleted  []deletedView
	Sessions []sessionView
	// Password is the form that changes the password, and Email the one that corrects an unconfirmed address.
	Password, Email *site.Form
}

// sessionView is a browser in which the user is logged in.
type sessionView struct {
	ID                     int64
	Browser, Address, Seen string
	// Here reports whether it is the session of this request.
	Here bool
}

func (p *Pages) showAccount(w http.ResponseWriter, r *site.Request) error {
	return p.showAccountForms(w, r, site.NewForm(r), site.NewForm(r))
}

// showAccountForms shows the account page with its forms.
func (p *Pages) showAccountForms(w http.ResponseWriter, r *site.Request, password, email *site.Form) error {
	status := http.StatusOK
	if !password.OK() || !email.OK() {
		status = http.StatusUnprocessableEntity
	}
	list, err := p.Tenants.OwnedBy(r.Context(), site.Person(r.User))
	if err != nil {
		return err
	}
	sessions, err := p.Accounts.Sessions(r.Context(), r.User.ID)
	if err != nil {
		return err
	}
	deleted, err := p.deletedBlogs(r)
	if err != nil {
		return err
	}
	shown := accountPage{Deleted: deleted, Password: password, Email: email}
	for i := range list {
		shown.Blogs = append(shown.Blogs, viewOf(&list[i], r))
	}
	for _, s := range sessions {
		shown.Sessions = append(shown.Sessions, sessionView{
			ID: s.ID, Browser: browserName(s.UserAgent), Address: s.Address, Here: s.ID == r.Session.ID, Seen: web.Moment(s.SeenAt),
		})
	}
	return p.Show(w, r, site.Page{Name: "account", Title: "Account", Data: shown, Status: status})
}

// checkUser returns an error if another user has logged in since the form was opened, in another tab of the browser. It does not
// look at the field of the user name, which password managers fill in.
func checkUser(r *site.Request) error {
	name := r.PostFormValue("account")
	if name == "" || name == r.User.Username {
		return nil
	}
	return &site.PageError{
		Status: http.StatusConflict, Title: "You are logged in to another account", Lead: "Nothing was changed: you are logged in as " + r.User.Username + " now.",
		Steps: []string{"Log out, log in as " + name + ", and try again."}, Link: &web.Link{Address: "/logout/", Text: "Log out"},
	}
}

func (p *Pages) changePassword(w http.ResponseWriter, r *site.Request) error {
	if err := checkUser(r); err != nil {
		return err
	}
	f := site.NewForm(r)
	password, ok := site.NewPassword(r, f)
	if !ok {
		return p.showAccountForms(w, r, f, site.NewForm(r))
	}
	err := p.Accounts.ChangePassword(r.Context(), r.User, r.Session.ID, r.PostFormValue("current_password"), password, r.Browser())
	if errors.Is(err, account.ErrWrongPassword) {
		f.AddError("current_password", "This is not your current password.")
	}
	switch {
	case f.AddInvalid(err):
		return p.showAccountForms(w, r, f, site.NewForm(r))
	case err != nil:
		return err
	}
	r.KeepBrowserID(w)
	site.RedirectWithNotice(w, r, "/account/", site.NoticePassword)
	return nil
}

func (p *Pages) endSession(w http.ResponseWriter, r *site.Request) error {
	id, err := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
	if err != nil {
		return site.ErrNoPage
	}
	if err := p.Accounts.EndSession(r.Context(), r.User.ID, id); err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/account/", site.NoticeSessionEnded)
	return nil
}

func (p *Pages) endOtherSessions(w http.ResponseWriter, r *site.Request) error {
	if err := p.Accounts.EndSessions(r.Context(), r.User.ID, r.Session.ID); err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/account/", site.NoticeSessionsEnded)
	return nil
}

func (p *Pages) requestConfirmation(w http.ResponseWriter, r *site.Request) error {
	if err := p.Accounts.RequestConfirmation(r.Context(), r.User, r.Address); err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/account/", site.NoticeMailed)
	return nil
}

// correctEmail corrects an address that is not confirmed.
func (p *Pages) correctEmail(w http.ResponseWriter, r *site.Request) error {
	if err := checkUser(r); err != nil {
		return err
	}
	f := site.NewForm(r, "email")
	err := p.Accounts.CorrectEmail(r.Context(), r.User.ID, f.Values["email"], r.Address)
	var conflict *account.ConflictError
	switch {
	case errors.Is(err, account.ErrConfirmed):
		site.RedirectWithNotice(w, r, "/account/", site.NoticeConfirmed)
		return nil
	case errors.As(err, &conflict):
		f.AddError("email", signup.SentenceEmailTaken)
		return p.showAccountForms(w, r, site.NewForm(r), f)
	case f.AddInvalid(err):
		return p.showAccountForms(w, r, site.NewForm(r), f)
	case err != nil:
		return err
	}
	site.RedirectWithNotice(w, r, "/account/", site.NoticeMailed)
	return nil
}
