package account

import (
	"context"
	"errors"

	"github.com/echoblogs/echoblogs/internal/mail"
)

// PersonByID returns the recipient of an email. It implements mail.People.
func (s *Service) PersonByID(ctx context.Context, id int64) (mail.Person, error) {
	return person(findUserByID(ctx, s.db, id))
}

// PersonByLogin returns the recipient of an email by user name or email address. It implements mail.People.
func (s *Service) PersonByLogin(ctx context.Context, login string) (mail.Person, error) {
	return person(findUser(ctx, s.db, login))
}

func person(u User, err error) (mail.Person, error) {
	if errors.Is(err, ErrNotFound) {
		err = mail.ErrNoPerson
	}
	return mail.Person{ID: u.ID, Username: u.Username, Email: u.Email, Active: u.State == Active, Confirmed: !u.ConfirmedAt.IsZero()}, err
}

// ConfirmToken issues a token of PurposeConfirm. It implements mail.Tokens.
func (s *Service) ConfirmToken(ctx context.Context, userID int64) (string, error) {
	return insertUserToken(ctx, s.db, PurposeConfirm, userID, s.now())
}

// ResetToken issues a token of PurposeReset. It implements mail.Tokens.
func (s *Service) ResetToken(ctx context.Context, userID int64) (string, error) {
	return insertUserToken(ctx, s.db, PurposeReset, userID, s.now())
}

// InviteToken issues a token with which the owner of a Tenant can create their account. It implements mail.Tokens.
func (s *Service) InviteToken(ctx context.Context, i mail.Invite) (string, error) {
	return insertMailToken(ctx, s.db, PurposeInvite, mailToken{invitation: Invitation{Tenant: i.Tenant, Username: i.Username, Email: i.Email}}, s.now())
}
