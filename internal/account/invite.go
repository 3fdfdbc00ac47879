package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

var (
	// ErrNoBlog is returned when a Tenant whose owner is to be invited has no live blog.
	ErrNoBlog = errors.New("the Tenant has no live blog")
	// ErrHasAccount is returned when an owner who is to be invited already has an account.
	ErrHasAccount = errors.New("the owner already has an account")
)

// Invitation invites the owner of a Tenant to create their account.
type Invitation struct {
	// Tenant is the name of the Tenant.
	Tenant string
	// Username and Email are those of the owner. Email is empty if the Tenant does not contain it.
	Username, Email string
}

// CreateInvitation returns a token with which an owner can create their account. It works once. Errors are ErrNoBlog and
// ErrHasAccount.
func (s *Service) CreateInvitation(ctx context.Context, i Invitation) (token string, err error) {
	tenant, err := s.registry.Find(ctx, i.Tenant)
	switch {
	case errors.Is(err, tenancy.ErrNotFound):
		return "", ErrNoBlog
	case err != nil:
		return "", err
	case tenant.State != tenancy.StateLive:
		return "", ErrNoBlog
	}
	switch _, err := findUserByName(ctx, s.db, i.Username); {
	case err == nil:
		return "", ErrHasAccount
	case !errors.Is(err, ErrNotFound):
		return "", err
	}
	return insertMailToken(ctx, s.db, PurposeInvite, mailToken{invitation: i}, s.now())
}

// Invitation returns the invitation that a token stands for. The token stays valid. It returns ErrNotFound if the token is
// not valid, or if the Tenant has another owner by now.
func (s *Service) Invitation(ctx context.Context, token string) (Invitation, error) {
	found, err := findMailToken(ctx, s.db, PurposeInvite, token, s.now())
	if err != nil {
		return Invitation{}, err
	}
	i := found.invitation
	username, email, err := s.blogs.Owner(ctx, i.Tenant)
	switch {
	case err != nil:
		return Invitation{}, err
	case username == "" || username != i.Username || email != i.Email:
		return Invitation{}, ErrNotFound
	}
	return i, nil
}

// AcceptInvitation redeems an invitation: it creates the account, starts a session and returns the session's token. email
// is used if the invitation has no address, and must then be confirmed; the address of an invitation counts as confirmed,
// because the link was sent to it or handed over by an administrator. Errors are ErrNotFound, *InvalidError,
// *ConflictError for the email address, and ErrBusy.
func (s *Service) AcceptInvitation(ctx context.Context, token, email, password string, b Browser) (session string, err error) {
	i, err := s.Invitation(ctx, token)
	if err != nil {
		return "", err
	}
	now := s.now()
	user := User{Username: i.Username, Email: i.Email, Role: Author, State: Active, CreatedAt: now, ConfirmedAt: now}
	var invalid error
	if user.Email == "" {
		user.Email, user.ConfirmedAt = naming.ASCIIEmail(email), time.Time{}
		invalid = CheckEmail(user.Email)
	}
	if err := errors.Join(invalid, CheckPassword(password, user.Username, user.Email)); err != nil {
		return "", err
	}
	if user.PasswordHash, err = s.hasher.Hash(ctx, b.Address, password); err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	if user.ID, err = s.addInvited(ctx, token, user); err != nil {
		return "", err
	}
	return s.StartSession(ctx, user.ID, b)
}

// addInvited redeems the token and inserts the user in one transaction.
func (s *Service) addInvited(ctx context.Context, token string, user User) (id int64, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		now := s.now()
		if _, err := redeemMailToken(ctx, tx, PurposeInvite, token, now); err != nil {
			return err
		}
		if id, err = InsertUser(ctx, tx, user); err != nil || !user.ConfirmedAt.IsZero() {
			return err
		}
		return mail.Enqueue(ctx, tx, mail.Confirm{UserID: id}, now)
	})
	var conflict *ConflictError
	switch {
	case errors.As(err, &conflict) && conflict.Field == FieldUsername:
		return 0, ErrNotFound // another invitation of the same owner was accepted
	case err != nil:
		return 0, err
	}
	s.mailQueued()
	return id, nil
}
