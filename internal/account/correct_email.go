package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// ErrConfirmed is returned when a user corrects an address that is confirmed.
var ErrConfirmed = errors.New("the email address is confirmed")

// CorrectEmail replaces the email address of a user who has not confirmed it, and emails them a link to confirm the new one.
// The links in emails to the old address become invalid: it may belong to another person. Correcting an address to the same
// one requests another link. network is where the request comes from. Errors are ErrNotFound, *InvalidError,
// *ConflictError if another account has the address, ErrConfirmed and *ratelimit.ExceededError.
func (s *Service) CorrectEmail(ctx context.Context, userID int64, email, network string) error {
	email = naming.ASCIIEmail(email)
	if err := CheckEmail(email); err != nil {
		return err
	}
	user, err := findUserByID(ctx, s.db, userID)
	switch {
	case err != nil:
		return err
	case !user.ConfirmedAt.IsZero():
		return ErrConfirmed
	}
	if email == user.Email {
		return s.RequestConfirmation(ctx, &user, network)
	}
	if err := s.takeConfirmation(ctx, &user, email, network); err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := setEmail(ctx, tx, userID, email); err != nil {
			return err
		}
		if err := deleteEmailedTokens(ctx, tx, userID); err != nil {
			return err
		}
		if err := mail.Enqueue(ctx, tx, mail.Confirm{UserID: userID}, s.now()); err != nil {
			return err
		}
		// Last, because it is not undone if another step fails.
		return s.blogs.SetOwnerEmail(ctx, user.Username, email)
	})
	if err != nil {
		return fmt.Errorf("correct the email address of user %d: %w", userID, err)
	}
	s.mailQueued()
	return nil
}

// setEmail replaces the address of a user, unless it is confirmed.
func setEmail(ctx context.Context, db postgres.Querier, userID int64, email string) error {
	tag, err := db.Exec(ctx, `UPDATE public.users SET email = $2, email_key = $3 WHERE id = $1 AND confirmed_at IS NULL`, userID, email, naming.EmailKey(email))
	switch {
	case postgres.Code(err) == postgres.CodeUniqueViolation:
		return &ConflictError{Field: FieldEmail}
	case err != nil:
		return fmt.Errorf("set email address: %w", err)
	case tag.RowsAffected() == 0:
		return ErrConfirmed
	}
	return nil
}
