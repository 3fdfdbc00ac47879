package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// InactiveError is returned when an account that is to become staff is not active.
type InactiveError struct{ State UserState }

func (e *InactiveError) Error() string {
	return fmt.Sprintf("the account is %s: it must be active", e.State)
}

// ErrUnconfirmed is returned when an account that is to become staff has no confirmed email address: the person who signed
// up may not own it.
var ErrUnconfirmed = errors.New("the email address of the account is not confirmed: its owner must confirm it first")

// AddStaff gives the account with a user name the role of staff, and creates it if it does not exist. A new member of staff
// has no password and no session. AddStaff returns a token of PurposeReset with which they choose a password. Calling it
// again replaces the token. Errors are *naming.NameError, *InvalidError, *ConflictError, *InactiveError and ErrUnconfirmed.
func (s *Service) AddStaff(ctx context.Context, actor, username, email string) (token string, err error) {
	email = naming.ASCIIEmail(email)
	if err := errors.Join(naming.CheckTenant(username), CheckEmail(email)); err != nil {
		return "", err
	}
	err = s.audit.InTx(ctx, audit.Entry{Actor: actor, Action: "add staff", Username: username}, func(tx pgx.Tx) error {
		id, err := s.promote(ctx, tx, username, email)
		if err != nil {
			return err
		}
		token, err = insertMailToken(ctx, tx, PurposeReset, mailToken{userID: id}, s.now())
		return err
	})
	return token, err
}

// promote gives an account the role of staff, creating it if it does not exist, and returns its ID. The account loses its
// password and all sessions: the person who had them may not be the one who is promoted.
func (s *Service) promote(ctx context.Context, tx pgx.Tx, username, email string) (int64, error) {
	user, err := findUserByName(ctx, tx, username)
	switch {
	case errors.Is(err, ErrNotFound): // without a password: the token is the only way in
		now := s.now()
		return InsertUser(ctx, tx, User{Username: username, Email: email, Role: Staff, State: Active, CreatedAt: now, ConfirmedAt: now})
	case err != nil:
		return 0, err
	case naming.EmailKey(user.Email) != naming.EmailKey(email):
		return 0, &ConflictError{Field: FieldUsername}
	case user.State != Active:
		return 0, &InactiveError{State: user.State}
	case user.Role == Staff:
		return user.ID, deleteResetTokens(ctx, tx, user.ID)
	case user.ConfirmedAt.IsZero():
		return 0, ErrUnconfirmed
	}
	switch changed, err := setRole(ctx, tx, user.ID, Author, Staff); {
	case err != nil:
		return 0, err
	case !changed:
		return 0, ErrUnchanged // another command was faster
	}
	if err := clearPassword(ctx, tx, user.ID); err != nil {
		return 0, err
	}
	return user.ID, endAccess(ctx, tx, user.ID, 0)
}

// RemoveStaff takes the role of staff from an account, and ends its sessions. The account and its password stay: its user
// may log in while they own a blog. Errors are ErrNotFound, and ErrUnchanged if the account is not staff.
func (s *Service) RemoveStaff(ctx context.Context, actor, username string) error {
	return s.audit.InTx(ctx, audit.Entry{Actor: actor, Action: "remove staff", Username: username}, func(tx pgx.Tx) error {
		user, err := findUserByName(ctx, tx, username)
		if err != nil {
			return err
		}
		switch changed, err := setRole(ctx, tx, user.ID, Staff, Author); {
		case err != nil:
			return err
		case !changed:
			return ErrUnchanged
		}
		return endAccess(ctx, tx, user.ID, 0)
	})
}
