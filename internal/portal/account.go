package portal

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// passwordsByAccount bounds how often a browser that is logged in may guess the account's password.
var passwordsByAccount = ratelimit.Limit{Kind: "password-account", Free: 4, Window: 24 * time.Hour, First: 10 * time.Minute, Longest: 24 * time.Hour}

// accountRoutes are the pages that people look after their blog and account by.
func (p *Portal) accountRoutes() map[string]handler {
	routes := map[string]handler{
		"GET /account/{$}":                      member(p.showAccount),
		"POST /account/password/{$}":            member(p.replacePassword),
		"POST /account/sessions/end/{$}":        member(p.endSession),
		"POST /account/sessions/end-others/{$}": member(p.endOtherSessions),
	}
	for _, some := range []map[string]handler{p.resetRoutes(), p.confirmRoutes(), p.inviteRoutes(), p.blogRoutes()} {
		maps.Copy(routes, some)
	}
	return routes
}

// accountPage is what a person sees of their account.
type accountPage struct {
	Blogs    []blogView
	Sessions []sessionView
	// Password is the form by which it is changed.
	Password *form
}

// sessionView is one browser that is logged in.
type sessionView struct {
	ID                     int64
	Browser, Address, Seen string
	// Here says that it is the one that looks at the page.
	Here bool
}

func (p *Portal) showAccount(w http.ResponseWriter, r *visit) error {
	return p.accountPage(w, r, newForm(r), 0)
}

func (p *Portal) accountPage(w http.ResponseWriter, r *visit, password *form, status int) error {
	list, err := p.tenants.OwnedBy(r.Context(), r.User.Username)
	if err != nil {
		return err
	}
	sessions, err := account.ListSessions(r.Context(), p.db, r.User.ID, r.Now)
	if err != nil {
		return err
	}
	shown := accountPage{Password: password}
	for i := range list {
		shown.Blogs = append(shown.Blogs, viewOf(&list[i], r))
	}
	for _, s := range sessions {
		shown.Sessions = append(shown.Sessions, sessionView{
			ID: s.ID, Browser: browserName(s.UserAgent), Address: s.Address, Here: s.ID == r.Session.ID,
			Seen: s.SeenAt.UTC().Format("2 January 2006, 15:04 UTC"),
		})
	}
	return p.show(w, r, page{name: "account", title: "Account", data: shown, status: status})
}

// replacePassword changes the password of who knows the present one.
func (p *Portal) replacePassword(w http.ResponseWriter, r *visit) error {
	subject := strconv.FormatInt(r.User.ID, 10)
	if err := p.attempt(r, passwordsByAccount, subject); err != nil {
		return err
	}
	right, err := p.hasher.Verify(r.Context(), r.PostFormValue("current_password"), r.User.PasswordHash)
	if err != nil {
		return err
	}
	f := newForm(r)
	if !right {
		f.refuse("current_password", "This is not your password.")
		return p.accountPage(w, r, f, http.StatusUnprocessableEntity)
	}
	if err := ratelimit.Reset(r.Context(), p.db, passwordsByAccount, subject); err != nil {
		return err
	}
	password := choosePassword(r, f, r.User.Username, r.User.Email)
	if !f.ok() {
		return p.accountPage(w, r, f, http.StatusUnprocessableEntity)
	}
	if err := p.changePassword(r, r.User, password, r.Session.ID, func(pgx.Tx) error { return nil }); err != nil {
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
	if err := account.EndSession(r.Context(), p.db, r.User.ID, id); err != nil {
		return err
	}
	p.notice(w, r, "ended")
	redirect(w, r, "/account/")
	return nil
}

func (p *Portal) endOtherSessions(w http.ResponseWriter, r *visit) error {
	if err := account.EndSessions(r.Context(), p.db, r.User.ID, r.Session.ID); err != nil {
		return err
	}
	p.notice(w, r, "others")
	redirect(w, r, "/account/")
	return nil
}
