package member

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/portal/site"
)

func (p *Pages) showLogout(w http.ResponseWriter, r *site.Request) error {
	return p.Show(w, r, site.Page{Name: "logout", Title: "Log out"})
}

func (p *Pages) logOut(w http.ResponseWriter, r *site.Request) error {
	if err := p.Accounts.EndSession(r.Context(), r.User.ID, r.Session.ID); err != nil {
		return err
	}
	r.ClearCookie(w, site.SessionCookie)
	site.Redirect(w, r, "/")
	return nil
}
