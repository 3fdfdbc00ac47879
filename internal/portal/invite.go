package portal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// inviteRoutes are the pages by which the owner of a Tenant, made by others, gets an account.
func (p *Portal) inviteRoutes() map[string]handler {
	return map[string]handler{
		"GET /invite/{$}":  p.showInvite,
		"POST /invite/{$}": p.acceptInvite,
	}
}

// invitation is whom a token invites.
type invitation struct {
	*form
	Owner  v1alpha1.TenantOwner
	Tenant string
}

var errUsedInvitation = errUsedLink("", "If you have chosen a password already, log in with it.", "Otherwise ask those who run the site for another link.")

// findInvitation returns whom a token invites, and leaves it usable.
func (p *Portal) findInvitation(r *visit, f *form) (*invitation, error) {
	token, err := account.FindMailToken(r.Context(), p.db, account.PurposeInvite, f.Values["token"], r.Now)
	if errors.Is(err, account.ErrNotFound) {
		return nil, errUsedInvitation
	}
	if err != nil {
		return nil, err
	}
	tenant, err := p.tenants.Get(r.Context(), token.Tenant)
	if errors.Is(err, tenants.ErrNotFound) {
		return nil, errUsedInvitation
	}
	if err != nil {
		return nil, err
	}
	invited := v1alpha1.TenantOwner{Username: token.Username, Email: token.Email}
	if tenant.Spec.Owner == nil || *tenant.Spec.Owner != invited || !tenant.DeletionTimestamp.IsZero() {
		return nil, errUsedInvitation
	}
	return &invitation{form: f, Owner: invited, Tenant: tenant.Name}, nil
}

func (p *Portal) showInvite(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	invited, err := p.findInvitation(r, f)
	if err != nil {
		return err
	}
	return p.show(w, r, page{name: "invite", title: "Welcome", data: invited})
}

// acceptInvite makes the account, and logs in who it is for. An address that the Tenant names was shown to be theirs:
// the link was sent there, or handed over by those who run the site.
func (p *Portal) acceptInvite(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "token", "email")
	invited, err := p.findInvitation(r, f)
	if err != nil {
		return err
	}
	user := account.User{
		Username: invited.Owner.Username, Email: invited.Owner.Email, Role: account.Author, State: account.Active,
		CreatedAt: r.Now, ConfirmedAt: r.Now,
	}
	if user.Email == "" {
		user.Email, user.ConfirmedAt = typedEmail(f), time.Time{}
	}
	password := choosePassword(r, f, user.Username, user.Email)
	if !f.ok() {
		return p.show(w, r, page{name: "invite", title: "Welcome", data: invited, status: http.StatusUnprocessableEntity})
	}
	if user.PasswordHash, err = p.hasher.Hash(r.Context(), password); err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	id, err := p.addInvited(r, f.Values["token"], user)
	var taken *account.TakenError
	switch {
	case errors.Is(err, account.ErrNotFound):
		return errUsedInvitation
	case errors.As(err, &taken) && taken.Email:
		f.refuse("", "Another account has the address "+user.Email+". Ask those who run the site.")
		return p.show(w, r, page{name: "invite", title: "Welcome", data: invited, status: http.StatusUnprocessableEntity})
	case errors.As(err, &taken):
		return errUsedInvitation
	case err != nil:
		return err
	}
	if err := p.logIn(w, r, id); err != nil {
		return err
	}
	redirect(w, r, "/")
	return nil
}

// typedEmail takes an address from the form, where the Tenant names none.
func typedEmail(f *form) string {
	email := strings.TrimSpace(f.Values["email"])
	if sentence := checkEmail(email); sentence != "" {
		f.refuse("email", sentence)
	}
	return email
}

// addInvited uses the token and adds the user, both or neither.
func (p *Portal) addInvited(r *visit, token string, user account.User) (id int64, err error) {
	err = pgx.BeginFunc(r.Context(), p.db, func(tx pgx.Tx) error {
		if _, err := account.UseMailToken(r.Context(), tx, account.PurposeInvite, token, r.Now); err != nil {
			return err
		}
		if id, err = account.InsertUser(r.Context(), tx, user); err != nil || !user.ConfirmedAt.IsZero() {
			return err
		}
		return mail.Enqueue(r.Context(), tx, mail.Confirm{UserID: id}, r.Now)
	})
	if err == nil {
		p.outbox.Wake()
	}
	return id, err
}
