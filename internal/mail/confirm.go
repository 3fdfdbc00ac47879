package mail

import (
	"context"
	"net/url"

	"github.com/echoblogs/echoblogs/internal/outbox"
)

// Confirm asks a user to confirm that an email address is theirs. It is obsolete once they have.
type Confirm struct {
	UserID int64 `json:"userID"`
}

func init() { register[Confirm]() }

func (c Confirm) header() header { return header{kind: "confirm", userID: c.UserID} }

func (c Confirm) write(ctx context.Context, s *Sender) (mailData, error) {
	person, err := s.People.PersonByID(ctx, c.UserID)
	if err != nil {
		return mailData{}, err
	}
	if person.Confirmed {
		return mailData{}, outbox.ErrObsolete
	}
	token, err := s.Tokens.ConfirmToken(ctx, person.ID)
	if err != nil {
		return mailData{}, err
	}
	person, err = s.People.PersonByID(ctx, person.ID) // after the token: see Tokens
	return mailData{To: person.Email, Username: person.Username, Path: "/confirm/?token=" + url.QueryEscape(token)}, err
}
