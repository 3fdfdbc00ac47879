package portal

import (
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/account"
)

// accountRoutes are the pages of a user's account and blogs.
func (p *Portal) accountRoutes() map[string]handler {
	routes := map[string]handler{
		"GET /account/{$}":                      requireLogin(p.showAccount),
		"POST /account/password/{$}":            requireLogin(p.changePassword),
		"POST /account/sessions/end/{$}":        requireLogin(p.endSession),
		"POST /account/sessions/end-others/{$}": requireLogin(p.endOtherSessions),
	}
	for _, some := range []map[string]handler{p.resetRoutes(), p.confirmRoutes(), p.inviteRoutes(), p.blogRoutes()} {
		maps.Copy(routes, some)
	}
	return routes
}

// accountPage is what the account page shows.
type accountPage struct {
	Blogs    []blogView
	Sessions []sessionView
	// Password is the form that changes the password.
	Password *form
}

// sessionView is a browser in which the user is logged in.
type sessionView struct {
	ID                     int64
	Browser, Address, Seen string
	// Here reports that it is the browser that requested the page.
	Here bool
}

func (p *Portal) showAccount(w http.ResponseWriter, r *visit) error {
	return p.showAccountForm(w, r, newForm(r), http.StatusOK)
}

func (p *Portal) showAccountForm(w http.ResponseWriter, r *visit, password *form, status int) error {
	list, err := p.tenants.OwnedBy(r.Context(), r.User.Username)
	if err != nil {
		return err
	}
	sessions, err := p.accounts.Sessions(r.Context(), r.User.ID)
	if err != nil {
		return err
	}
	shown := accountPage{Password: password}
	for i := range list {
		shown.Blogs = append(shown.Blogs, viewOf(&list[i], r))
	}
	for _, s := range sessions {
		shown.Sessions = append(shown.Sessions, sessionView{
			ID: s.ID, Browser: browserName(s.UserAgent), Address: s.Address, Here: s.ID == r.Session.ID, Seen: moment(s.SeenAt),
		})
	}
	return p.show(w, r, page{name: "account", title: "Account", data: shown, status: status})
}

func (p *Portal) changePassword(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	password, ok := newPassword(r, f)
	if !ok {
		return p.showAccountForm(w, r, f, http.StatusUnprocessableEntity)
	}
	err := p.accounts.ChangePassword(r.Context(), r.User, r.Session.ID, r.PostFormValue("current_password"), password)
	if errors.Is(err, account.ErrWrongPassword) {
		f.refuse("current_password", "This is not your current password.")
	}
	switch {
	case f.refuseInvalid(err):
		return p.showAccountForm(w, r, f, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	p.notice(w, r, "password")
	redirect(w, r, "/account/")
	return nil
}

func (p *Portal) endSession(w http.ResponseWriter, r *visit) error {
	id, err := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
	if err != nil {
		return errNoPage
	}
	if err := p.accounts.EndSession(r.Context(), r.User.ID, id); err != nil {
		return err
	}
	p.notice(w, r, "ended")
	redirect(w, r, "/account/")
	return nil
}

func (p *Portal) endOtherSessions(w http.ResponseWriter, r *visit) error {
	if err := p.accounts.EndSessions(r.Context(), r.User.ID, r.Session.ID); err != nil {
		return err
	}
	p.notice(w, r, "others")
	redirect(w, r, "/account/")
	return nil
}
