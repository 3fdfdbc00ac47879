package account

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// UnconfirmedLife is how long an account may exist without a confirmed email address.
const UnconfirmedLife = 7 * 24 * time.Hour

// RequestConfirmation emails a user another link to confirm their address, unless it is confirmed. It may return a
// *ratelimit.ExceededError.
func (s *Service) RequestConfirmation(ctx context.Context, user *User) error {
	if !user.ConfirmedAt.IsZero() {
		return nil
	}
	now := s.now()
	if err := ratelimit.Take(ctx, s.db, confirmsByAccount, user.Username, now); err != nil {
		return err
	}
	if err := mail.Enqueue(ctx, s.db, mail.Confirm{UserID: user.ID}, now); err != nil {
		return err
	}
	s.mailQueued()
	return nil
}

// ConfirmEmail redeems a token of PurposeConfirm and returns the ID of its user, or ErrNotFound.
func (s *Service) ConfirmEmail(ctx context.Context, token string) (userID int64, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		now := s.now()
		found, err := redeemMailToken(ctx, tx, PurposeConfirm, token, now)
		if err != nil {
			return err
		}
		userID = found.userID
		return confirmEmail(ctx, tx, userID, now)
	})
	return userID, err
}
