package public

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

// resetRoutes are the pages for people who forgot their password.
func (p *Pages) resetRoutes() site.Routes {
	return site.Routes{
		"GET /reset/{$}":           p.showReset,
		"POST /reset/{$}":          p.requestReset,
		"GET /reset/password/{$}":  p.showNewPassword,
		"POST /reset/password/{$}": p.resetPassword,
	}
}

func (p *Pages) showReset(w http.ResponseWriter, r *site.Request) error {
	return p.Show(w, r, site.Page{Name: "reset", Title: "Reset your password", Data: site.NewForm(r)})
}

func (p *Pages) requestReset(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r, "username")
	if naming.EmailKey(f.Values["username"]) == "" {
		f.AddError("username", "Enter your user name or email address.")
		return p.Show(w, r, site.Page{Name: "reset", Title: "Reset your password", Data: f, Status: http.StatusUnprocessableEntity})
	}
	if err := p.Accounts.RequestReset(r.Context(), f.Values["username"], r.Browser()); err != nil {
		return err
	}
	return p.Show(w, r, site.Page{Name: "reset-sent", Title: "Check your email"})
}

// errInvalidLink returns the error page for a link with an invalid token. again is the page on which users can request a
// new link. Empty: none.
func errInvalidLink(again string, steps ...string) error {
	f := &site.PageError{Status: http.StatusGone, Title: "This link is no longer valid", Lead: "It has already been used, or it has expired.", Steps: steps}
	if again != "" {
		f.Link = &web.Link{Address: again, Text: "Request a new link"}
	}
	return f
}

func (p *Pages) showNewPassword(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	return p.showPasswordForm(w, r, f, http.StatusOK)
}

func (p *Pages) showPasswordForm(w http.ResponseWriter, r *site.Request, f *site.Form, status int) error {
	user, err := p.Accounts.UserByToken(r.Context(), account.PurposeReset, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidLink("/reset/")
	}
	if err != nil {
		return err
	}
	f.Values["username"] = user.Username
	r.KeepBrowserID(w) // for Once
	return p.Show(w, r, site.Page{Name: "reset-password", Title: "Choose a new password", Data: f, Status: status})
}

func (p *Pages) resetPassword(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r, "token")
	password, ok := site.NewPassword(r, f)
	if !ok {
		return p.showPasswordForm(w, r, f, http.StatusUnprocessableEntity)
	}
	err := p.Accounts.ResetPassword(r.Context(), f.Values["token"], password, r.Browser())
	switch {
	case errors.Is(err, account.ErrNotFound):
		return errInvalidLink("/reset/")
	case f.AddInvalid(err):
		return p.showPasswordForm(w, r, f, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	r.KeepBrowserID(w)
	site.RedirectWithNotice(w, r, "/login/", site.NoticeReset)
	return nil
}
