package mail

import (
	"context"
	"errors"
	"net/url"

	"github.com/echoblogs/echoblogs/internal/outbox"
)

// Invite asks the owner of a Tenant who has no account to choose a password. It is obsolete once they have an account.
type Invite struct {
	// Tenant is the name of the Tenant.
	Tenant string `json:"tenant"`
	// Username and Email are those of the owner in the Tenant.
	Username string `json:"username"`
	Email    string `json:"email"`
}

func init() { register[Invite]() }

func (i Invite) header() header { return header{kind: "invite", subject: i.Username} }

func (i Invite) write(ctx context.Context, s *Sender) (mailData, error) {
	switch _, err := s.People.PersonByLogin(ctx, i.Username); {
	case err == nil:
		return mailData{}, outbox.ErrObsolete
	case !errors.Is(err, ErrNoPerson):
		return mailData{}, err
	}
	token, err := s.Tokens.InviteToken(ctx, i)
	return mailData{
		To: i.Email, Username: i.Username, Path: "/invite/?token=" + url.QueryEscape(token), Tenant: i.Tenant, Blog: s.BlogURL(ctx, i.Tenant),
	}, err
}
