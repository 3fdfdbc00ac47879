package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// ChangePassword changes the password of a user who knows the current one, and ends all their sessions but the one with
// the ID keepSession. Errors are ErrWrongPassword, *InvalidError, *ratelimit.ExceededError and ErrBusy.
func (s *Service) ChangePassword(ctx context.Context, user *User, keepSession int64, current, password string, b Browser) error {
	subject := strconv.FormatInt(user.ID, 10)
	if err := ratelimit.Take(ctx, s.db, passwordsByAccount, subject, s.now()); err != nil {
		return err
	}
	right, err := s.hasher.Verify(ctx, b.Address, current, user.PasswordHash)
	switch {
	case err != nil:
		return fmt.Errorf("verify password: %w", err)
	case !right:
		return ErrWrongPassword
	}
	if err := ratelimit.Reset(ctx, s.db, passwordsByAccount, subject); err != nil {
		return err
	}
	err = s.setPassword(ctx, user, keepSession, password, b, func(pgx.Tx) error { return nil })
	if errors.Is(err, errPasswordReplaced) {
		return ErrWrongPassword
	}
	return err
}

// RequestReset emails a link to choose a new password to the user with a user name or email address. The account is looked
// up when the email is sent: neither the result nor the duration of this call reveals whether it exists. It may return a
// *ratelimit.ExceededError, but never to a browser that the account knows. An account that got many emails in this hour
// gets no further one: their links are valid for an hour.
func (s *Service) RequestReset(ctx context.Context, login string, b Browser) error {
	key, now := loginKey(login), s.now()
	known, err := isKnownBrowser(ctx, s.db, b, key, now)
	if err != nil {
		return err
	}
	mails := ratelimit.Attempt{Limit: resetMailsByBrowser, Subject: b.subject(key)}
	if !known {
		mails = ratelimit.Attempt{Limit: resetMails, Subject: key}
		err := ratelimit.TakeAll(ctx, s.db, now,
			ratelimit.Attempt{Limit: resetsByNetwork, Subject: b.Address},
			ratelimit.Attempt{Limit: resetsByNetworkAndAccount, Subject: b.network(key)},
		)
		if err != nil {
			return err
		}
	}
	var exceeded *ratelimit.ExceededError
	switch err := ratelimit.Take(ctx, s.db, mails.Limit, mails.Subject, now); {
	case errors.As(err, &exceeded):
		return nil
	case err != nil:
		return err
	}
	if err := mail.Enqueue(ctx, s.db, mail.Reset{Login: key}, now); err != nil {
		return err
	}
	s.mailQueued()
	return nil
}

// UserByToken returns the user for whom a token of PurposeReset or PurposeConfirm was issued, or ErrNotFound. The token
// stays valid.
func (s *Service) UserByToken(ctx context.Context, purpose Purpose, token string) (User, error) {
	found, err := findMailToken(ctx, s.db, purpose, token, s.now())
	if err != nil {
		return User{}, err
	}
	return findUserByID(ctx, s.db, found.userID)
}

// ResetPassword redeems a token of PurposeReset: it sets the password, ends all sessions of the user and resets the rate
// limits of their logins from this browser. Errors are ErrNotFound, *InvalidError and ErrBusy.
func (s *Service) ResetPassword(ctx context.Context, token, password string, b Browser) error {
	user, err := s.UserByToken(ctx, PurposeReset, token)
	if err != nil {
		return err
	}
	err = s.setPassword(ctx, &user, 0, password, b, func(tx pgx.Tx) error {
		_, err := redeemMailToken(ctx, tx, PurposeReset, token, s.now())
		return err
	})
	if errors.Is(err, errPasswordReplaced) { // which has made the token invalid
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	// The links of these emails are no longer valid, so that further ones are needed.
	for _, key := range []string{user.Username, naming.EmailKey(user.Email)} {
		err = errors.Join(err,
			ratelimit.Reset(ctx, s.db, loginsByNetworkAndAccount, b.network(key)),
			ratelimit.Reset(ctx, s.db, loginsByAccount, key),
			ratelimit.Reset(ctx, s.db, resetMails, key),
		)
	}
	return err
}

// errPasswordReplaced is returned when the password was changed by another request in the meantime.
var errPasswordReplaced = errors.New("the password has been replaced")

// setPassword changes a user's password if allow, in the same transaction, returns no error. It informs the user by
// email, and ends all their sessions but keepSession. The account then knows only the browser b. If the hash is no longer
// that of user, it returns errPasswordReplaced.
func (s *Service) setPassword(ctx context.Context, user *User, keepSession int64, password string, b Browser, allow func(pgx.Tx) error) error {
	if err := CheckPassword(password, user.Username, user.Email); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, b.Address, password)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		switch was, err := setPassword(ctx, tx, user.ID, user.PasswordHash, hash); {
		case err != nil:
			return err
		case !was:
			return errPasswordReplaced
		}
		if err := allow(tx); err != nil {
			return err
		}
		if err := endAccess(ctx, tx, user.ID, keepSession); err != nil {
			return err
		}
		if err := rememberBrowser(ctx, tx, user.ID, b, s.now()); err != nil {
			return err
		}
		return mail.Enqueue(ctx, tx, mail.PasswordChanged{UserID: user.ID}, s.now())
	})
	if err != nil {
		return err
	}
	s.mailQueued()
	return nil
}
