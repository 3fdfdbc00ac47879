package member

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/portal/site"
)

func (p *Pages) showLogout(w http.ResponseWriter, r *site.Request) error {
	return p.Show(w, r, site.Page{Name: "logout", Title: "Log out"})
}

// logOut ends the session. A second click finds it ended, which is as good.
func (p *Pages) logOut(w http.ResponseWriter, r *site.Request) error {
	if r.User == nil {
		site.Redirect(w, r, "/")
		return nil
	}
	if err := p.Accounts.EndSession(r.Context(), r.User.ID, r.Session.ID); err != nil {
		return err
	}
	r.ClearCookie(w, site.SessionCookie)
	site.Redirect(w, r, "/")
	return nil
}
