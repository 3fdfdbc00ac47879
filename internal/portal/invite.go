package portal

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/account"
)

// inviteRoutes are the pages by which the owner of a Tenant creates their account.
func (p *Portal) inviteRoutes() map[string]handler {
	return map[string]handler{
		"GET /invite/{$}":  p.showInvite,
		"POST /invite/{$}": p.acceptInvite,
	}
}

// invitePage is what the invitation shows.
type invitePage struct {
	*form
	account.Invitation
}

var errInvalidInvitation = errInvalidLink("", "If you have chosen a password already, log in with it.", "Otherwise contact support for another link.")

func (p *Portal) showInvite(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	return p.showInviteForm(w, r, f, http.StatusOK)
}

func (p *Portal) showInviteForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	invitation, err := p.accounts.Invitation(r.Context(), f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errInvalidInvitation
	}
	if err != nil {
		return err
	}
	return p.show(w, r, page{name: "invite", title: "Welcome", data: invitePage{form: f, Invitation: invitation}, status: status})
}

func (p *Portal) acceptInvite(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "token", "email")
	password, ok := newPassword(r, f)
	if !ok {
		return p.showInviteForm(w, r, f, http.StatusUnprocessableEntity)
	}
	session, err := p.accounts.AcceptInvitation(r.Context(), f.Values["token"], f.Values["email"], password, p.browser(r))
	var conflict *account.ConflictError
	switch {
	case errors.Is(err, account.ErrNotFound):
		return errInvalidInvitation
	case errors.As(err, &conflict):
		f.refuse("", "Another account has this email address. Contact support.")
		return p.showInviteForm(w, r, f, http.StatusUnprocessableEntity)
	case f.refuseInvalid(err):
		return p.showInviteForm(w, r, f, http.StatusUnprocessableEntity)
	case err != nil:
		return fmt.Errorf("accept invitation: %w", err)
	}
	p.setCookie(w, r, sessionCookie, session, account.SessionLife)
	redirect(w, r, "/")
	return nil
}
