package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// Purpose is what a mailed token is good for. One of another purpose is none.
type Purpose string

// The purposes of tokens.
const (
	// PurposeConfirm shows that an address is its user's.
	PurposeConfirm Purpose = "confirm"
	// PurposeReset lets a user choose a new password.
	PurposeReset Purpose = "reset"
	// PurposeInvite lets the owner of a Tenant, who has no account yet, choose a password.
	PurposeInvite Purpose = "invite"
)

// tokenLife is how long a token of each purpose is good for. Who reads somebody else's old mails is not to get far, so
// one that opens an account lasts the shortest.
var tokenLife = map[Purpose]time.Duration{
	PurposeConfirm: 7 * 24 * time.Hour,
	PurposeReset:   time.Hour,
	PurposeInvite:  7 * 24 * time.Hour,
}

// MailToken is what a token stands for.
type MailToken struct {
	// UserID is whose address or password it is about. 0: nobody's yet.
	UserID int64
	// Tenant is the name of the Tenant whose owner it invites. Empty: none.
	Tenant string
	// Username and Email are what the Tenant said of that owner when the token was made.
	Username, Email string
}

// NewMailToken makes a token, of which only its hash is kept, and returns it.
func NewMailToken(ctx context.Context, db postgres.Querier, purpose Purpose, m MailToken, now time.Time) (string, error) {
	token := secret.New()
	_, err := db.Exec(ctx, `INSERT INTO public.mail_tokens (token_hash, purpose, user_id, tenant, username, email, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, secret.Hash(token), purpose, postgres.NullIfZero(m.UserID), m.Tenant, m.Username, m.Email, now.Add(tokenLife[purpose]))
	if err != nil {
		return "", fmt.Errorf("make a token of purpose %s: %w", purpose, err)
	}
	return token, nil
}

// FindMailToken returns what a token stands for and leaves it usable, or ErrNotFound.
func FindMailToken(ctx context.Context, db postgres.Querier, purpose Purpose, token string, now time.Time) (MailToken, error) {
	return queryMailToken(ctx, db, `SELECT COALESCE(user_id, 0), tenant, username, email FROM public.mail_tokens
		WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3`, purpose, token, now)
}

// UseMailToken returns what a token stands for and ends it, or ErrNotFound. Of two who use it at once, one gets it.
func UseMailToken(ctx context.Context, db postgres.Querier, purpose Purpose, token string, now time.Time) (MailToken, error) {
	return queryMailToken(ctx, db, `DELETE FROM public.mail_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
		RETURNING COALESCE(user_id, 0), tenant, username, email`, purpose, token, now)
}

func queryMailToken(ctx context.Context, db postgres.Querier, sql string, purpose Purpose, token string, now time.Time) (MailToken, error) {
	rows, err := db.Query(ctx, sql, secret.Hash(token), purpose, now)
	if err != nil {
		return MailToken{}, fmt.Errorf("read a token of purpose %s: %w", purpose, err)
	}
	found, err := one(pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[MailToken]))
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("read a token of purpose %s: %w", purpose, err)
	}
	return found, err
}
