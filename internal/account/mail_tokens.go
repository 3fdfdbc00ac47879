package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// Purpose is what an emailed token is for. A token is not valid for another purpose.
type Purpose string

// The purposes of tokens.
const (
	// PurposeConfirm confirms the email address of a user.
	PurposeConfirm Purpose = "confirm"
	// PurposeReset lets a user choose a new password.
	PurposeReset Purpose = "reset"
	// PurposeInvite lets the owner of a Tenant who has no account choose a password.
	PurposeInvite Purpose = "invite"
)

// tokenLife is how long a token of each purpose is valid. A token that gives access to an existing account is
// valid for the shortest time, because others may read old emails.
var tokenLife = map[Purpose]time.Duration{
	PurposeConfirm: 7 * 24 * time.Hour,
	PurposeReset:   time.Hour,
	PurposeInvite:  7 * 24 * time.Hour,
}

// mailToken is what a token stands for.
type mailToken struct {
	// userID is the user whose address or password the token is for. 0: none yet.
	userID int64
	// invitation is what a token of PurposeInvite stands for.
	invitation Invitation
}

// insertMailToken stores the hash of a new token and returns the token.
func insertMailToken(ctx context.Context, db postgres.Querier, purpose Purpose, m mailToken, now time.Time) (string, error) {
	token := secret.New()
	_, err := db.Exec(ctx, `INSERT INTO public.mail_tokens (token_hash, purpose, user_id, tenant, username, email, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, secret.Hash(token), purpose, postgres.NullIfZero(m.userID), m.invitation.Tenant, m.invitation.Username, m.invitation.Email, now.Add(tokenLife[purpose]))
	if err != nil {
		return "", fmt.Errorf("insert %s token: %w", purpose, err)
	}
	return token, nil
}

// insertUserToken is insertMailToken for a token that is emailed to a user. The user's row is locked: a concurrent
// correction of the address either deletes the token, or has completed, so that the token goes to the new address if the
// caller reads the address afterwards.
func insertUserToken(ctx context.Context, db postgres.Beginner, purpose Purpose, userID int64, now time.Time) (token string, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := lockUser(ctx, tx, userID); err != nil {
			return err
		}
		token, err = insertMailToken(ctx, tx, purpose, mailToken{userID: userID}, now)
		return err
	})
	return token, err
}

// deleteEmailedTokens makes the links invalid that were emailed to a user.
func deleteEmailedTokens(ctx context.Context, db postgres.Querier, userID int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.mail_tokens WHERE user_id = $1`, userID); err != nil {
		return fmt.Errorf("delete tokens of user %d: %w", userID, err)
	}
	return nil
}

// deleteResetTokens makes the links invalid with which a user could choose a password.
func deleteResetTokens(ctx context.Context, db postgres.Querier, userID int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.mail_tokens WHERE user_id = $1 AND purpose = $2`, userID, PurposeReset); err != nil {
		return fmt.Errorf("delete reset tokens of user %d: %w", userID, err)
	}
	return nil
}

const mailTokenColumns = `COALESCE(user_id, 0), tenant, username, email` //nolint:gosec // names of columns

// findMailToken returns what a token stands for, or ErrNotFound. The token stays valid.
func findMailToken(ctx context.Context, db postgres.Querier, purpose Purpose, token string, now time.Time) (mailToken, error) {
	return queryMailToken(ctx, db, `SELECT `+mailTokenColumns+` FROM public.mail_tokens
		WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3`, purpose, token, now)
}

// redeemMailToken deletes a token and returns what it stood for, or ErrNotFound. If two callers redeem it concurrently,
// one gets ErrNotFound.
func redeemMailToken(ctx context.Context, db postgres.Querier, purpose Purpose, token string, now time.Time) (mailToken, error) {
	return queryMailToken(ctx, db, `DELETE FROM public.mail_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
		RETURNING `+mailTokenColumns, purpose, token, now)
}

func queryMailToken(ctx context.Context, db postgres.Querier, sql string, purpose Purpose, token string, now time.Time) (mailToken, error) {
	var m mailToken
	err := db.QueryRow(ctx, sql, secret.Hash(token), purpose, now).Scan(&m.userID, &m.invitation.Tenant, &m.invitation.Username, &m.invitation.Email)
	return m, notFound("read token", err)
}
