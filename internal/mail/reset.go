package mail

import (
	"context"
	"net/url"

	"github.com/echoblogs/echoblogs/internal/outbox"
)

// Reset sends a user a link to choose a new password. It is obsolete if no active user has the ID or login.
type Reset struct {
	// UserID is the user's ID. 0: Login finds the user.
	UserID int64 `json:"userID,omitempty"`
	// Login is the user name or email address that was entered. The user is looked up only when the email is sent, so that
	// neither the page nor its timing reveals whether the user exists.
	Login string `json:"login,omitempty"`
}

func init() { register[Reset]() }

func (r Reset) header() header { return header{kind: "reset", userID: r.UserID} }

func (r Reset) write(ctx context.Context, s *Sender) (mailData, error) {
	person, err := r.person(ctx, s)
	if err != nil {
		return mailData{}, err
	}
	if !person.Active {
		return mailData{}, outbox.ErrObsolete
	}
	token, err := s.Tokens.ResetToken(ctx, person.ID)
	if err != nil {
		return mailData{}, err
	}
	person, err = s.People.PersonByID(ctx, person.ID) // after the token: see Tokens
	return mailData{To: person.Email, Username: person.Username, Path: "/reset/password/?token=" + url.QueryEscape(token)}, err
}

func (r Reset) person(ctx context.Context, s *Sender) (Person, error) {
	if r.UserID != 0 {
		return s.People.PersonByID(ctx, r.UserID)
	}
	return s.People.PersonByLogin(ctx, r.Login)
}
