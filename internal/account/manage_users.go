package account

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/mail"
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
		return true, endAccess(ctx, tx, user.ID, 0)
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
