package public

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
)

// inviteRoutes are the pages on which the owner of a Tenant creates their account.
func (p *Pages) inviteRoutes() site.Routes {
	return site.Routes{
		"GET /invite/{$}":  p.showInvite,
		"POST /invite/{$}": p.acceptInvite,
	}
}

// invitePage is the view of an invitation.
type invitePage struct {
	*site.Form
	// Email is empty if the owner has to enter it.
	Tenant, Username, Email string
}

var errInvalidInvitation = errInvalidLink("", "If you have already chosen a password, log in.", "Otherwise, contact support for a new link.")

func (p *Pages) showInvite(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	return p.showInviteForm(w, r, f, http.StatusOK)
}

func (p *Pages) showInviteForm(w http.ResponseWriter, r *site.Request, f *site.Form, status int) error {
	invitation, err := p.Accounts.Invitation(r.Context(), f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidInvitation
	}
	if err != nil {
		return err
	}
	r.KeepBrowserID(w) // for Once
	return p.Show(w, r, site.Page{Name: "invite", Title: "Welcome", Data: invitePage{Form: f, Tenant: invitation.Tenant, Username: invitation.Username, Email: invitation.Email}, Status: status})
}

func (p *Pages) acceptInvite(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r, "token", "email")
	password, ok := site.NewPassword(r, f)
	if !ok {
		return p.showInviteForm(w, r, f, http.StatusUnprocessableEntity)
	}
	session, err := p.Accounts.AcceptInvitation(r.Context(), f.Values["token"], f.Values["email"], password, r.Browser())
	var conflict *account.ConflictError
	switch {
	case errors.Is(err, account.ErrNotFound):
		return errInvalidInvitation
	case errors.As(err, &conflict):
		f.AddError("", "Another account has this email address. If you think this is a mistake, contact support.")
		return p.showInviteForm(w, r, f, http.StatusUnprocessableEntity)
	case f.AddInvalid(err):
		return p.showInviteForm(w, r, f, http.StatusUnprocessableEntity)
	case err != nil:
		return fmt.Errorf("accept invitation: %w", err)
	}
	r.SetSession(w, session)
	site.Redirect(w, r, "/")
	return nil
}
