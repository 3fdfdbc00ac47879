package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/naming"
)

var (
	// ErrUnchanged is returned when the state of a user does not allow a change, for example because it has been made
	// before.
	ErrUnchanged = errors.New("the state of the account does not allow this change")
	// ErrSelf is returned when a member of staff tries to lock themselves.
	ErrSelf = errors.New("staff cannot lock themselves")
)

// SearchUsers lists users whose user name or email address begins with prefix, by user name. after is the last user name
// of the previous page, empty for the first one.
func (s *Service) SearchUsers(ctx context.Context, prefix, after string, limit int) ([]User, error) {
	return searchUsers(ctx, s.db, prefix, after, limit)
}

// User returns the user with a user name, or ErrNotFound.
func (s *Service) User(ctx context.Context, username string) (User, error) {
	return findUserByName(ctx, s.db, username)
}

// Lock ends all sessions of an active user and refuses their logins until Unlock. actor is the member of staff. Errors
// are ErrNotFound, ErrUnchanged and ErrSelf.
func (s *Service) Lock(ctx context.Context, actor, username string) error {
	if actor == username {
		return ErrSelf
	}
	return s.changeUser(ctx, actor, "lock", username, Active, func(tx pgx.Tx, user *User) (bool, error) {
		changed, err := changeState(ctx, tx, user.ID, Active, Locked)
		if err != nil || !changed {
			return changed, err
		}
		return true, deleteSessions(ctx, tx, user.ID, 0)
	})
}

// Unlock lets a locked user log in again. Errors are ErrNotFound and ErrUnchanged.
func (s *Service) Unlock(ctx context.Context, actor, username string) error {
	return s.changeUser(ctx, actor, "unlock", username, Locked, func(tx pgx.Tx, user *User) (bool, error) {
		return changeState(ctx, tx, user.ID, Locked, Active)
	})
}

// SendReset emails an active user a link to choose a new password. Staff do not see the link. Errors are ErrNotFound and
// ErrUnchanged.
func (s *Service) SendReset(ctx context.Context, actor, username string) error {
	err := s.changeUser(ctx, actor, "send a password reset", username, Active, func(tx pgx.Tx, user *User) (bool, error) {
		return true, mail.Enqueue(ctx, tx, mail.Reset{UserID: user.ID}, s.now())
	})
	if err == nil {
		s.mailQueued()
	}
	return err
}

// changeUser changes a user in the given state, and records the change. change reports whether the user was still in
// that state.
func (s *Service) changeUser(
	ctx context.Context, actor, action, username string, state UserState, change func(tx pgx.Tx, user *User) (bool, error),
) error {
	return s.audit.InTx(ctx, audit.Entry{Actor: actor, Action: action, Username: username}, func(tx pgx.Tx) error {
		user, err := findUserByName(ctx, tx, username)
		if err != nil {
			return err
		}
		if user.State != state {
			return ErrUnchanged
		}
		changed, err := change(tx, &user)
		if err == nil && !changed {
			err = ErrUnchanged
		}
		return err
	})
}

// InactiveError is returned when an account that is to become staff is not active.
type InactiveError struct{ State UserState }

func (e *InactiveError) Error() string {
	return fmt.Sprintf("the account is %s: it must be active", e.State)
}

// AddStaff gives the account with a user name the role of staff, and creates it if it does not exist. It returns a token of
// PurposeReset with which the user can choose a password. Calling it again returns another token. Errors are
// *naming.NameError, *InvalidError, *ConflictError and *InactiveError.
func (s *Service) AddStaff(ctx context.Context, actor, username, email string) (token string, err error) {
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

// promote gives an account the role of staff, creating it if it does not exist, and returns its ID.
func (s *Service) promote(ctx context.Context, tx pgx.Tx, username, email string) (int64, error) {
	user, err := findUserByName(ctx, tx, username)
	switch {
	case errors.Is(err, ErrNotFound): // without a password: the token is the only way in
		now := s.now()
		return InsertUser(ctx, tx, User{Username: username, Email: email, Role: Staff, State: Active, CreatedAt: now, ConfirmedAt: now})
	case err != nil:
		return 0, err
	case EmailKey(user.Email) != EmailKey(email):
		return 0, &ConflictError{Field: FieldUsername}
	case user.State != Active:
		return 0, &InactiveError{State: user.State}
	}
	return user.ID, setRole(ctx, tx, user.ID, Staff)
}
