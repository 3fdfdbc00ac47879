package account

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// UnconfirmedLife is how long an account may exist without a confirmed email address.
const UnconfirmedLife = 7 * 24 * time.Hour

// RequestConfirmation emails a user another link to confirm their address, unless it is confirmed. network is where the
// request comes from. It may return a *ratelimit.ExceededError.
func (s *Service) RequestConfirmation(ctx context.Context, user *User, network string) error {
	if !user.ConfirmedAt.IsZero() {
		return nil
	}
	if err := s.takeConfirmation(ctx, user, user.Email, network); err != nil {
		return err
	}
	if err := mail.Enqueue(ctx, s.db, mail.Confirm{UserID: user.ID}, s.now()); err != nil {
		return err
	}
	s.mailQueued()
	return nil
}

// takeConfirmation counts an email that asks a user to confirm an address.
func (s *Service) takeConfirmation(ctx context.Context, user *User, email, network string) error {
	return ratelimit.TakeAll(ctx, s.db, s.now(),
		ratelimit.Attempt{Limit: confirmsByNetwork, Subject: network},
		ratelimit.Attempt{Limit: confirmsByAccount, Subject: user.Username},
		ratelimit.Attempt{Limit: confirmsByAddress, Subject: naming.EmailKey(email)},
	)
}

// ConfirmEmail redeems a token of PurposeConfirm and returns the ID of its user, or ErrNotFound.
func (s *Service) ConfirmEmail(ctx context.Context, token string) (userID int64, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		now := s.now()
		found, err := findMailToken(ctx, tx, PurposeConfirm, token, now)
		if err != nil {
			return err
		}
		// A correction of the address locks the user before it deletes the token.
		if err := lockUser(ctx, tx, found.userID); err != nil {
			return err
		}
		if found, err = redeemMailToken(ctx, tx, PurposeConfirm, token, now); err != nil {
			return err
		}
		userID = found.userID
		return confirmEmail(ctx, tx, userID, now)
	})
	return userID, err
}
