package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// loginCodeLife is how long a login may be on its way from the public site to a blog.
const loginCodeLife = time.Minute

// LoginCode is what a login code stands for.
type LoginCode struct {
	// SessionID is the session of the public site that the one on the blog will end with.
	SessionID int64
	// TenantID and Host say which blog it is for, and at which of its hosts.
	TenantID int64
	Host     string
	// Username is who logs in.
	Username string
	// Challenge is what Challenge made of the verifier that the browser keeps in a cookie of the blog's.
	Challenge string
}

// Challenge returns the form in which a verifier passes through the public site: S256 of RFC 7636 section 4.2.
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsChallenge reports whether challenge can have come from Challenge.
func IsChallenge(challenge string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(challenge)
	return err == nil && len(sum) == sha256.Size
}

// IssueLoginCode returns a code that a blog takes once, within a minute.
func IssueLoginCode(ctx context.Context, db postgres.Querier, c LoginCode, now time.Time) (string, error) {
	code := secret.New()
	_, err := db.Exec(ctx, `INSERT INTO public.login_codes (code_hash, session_id, tenant_id, username, host, challenge, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		secret.Hash(code), c.SessionID, c.TenantID, c.Username, c.Host, c.Challenge, now.Add(loginCodeLife))
	if err != nil {
		return "", fmt.Errorf("issue a login code for %s: %w", c.Host, err)
	}
	return code, nil
}

// RedeemLoginCode turns a code into a session on the blog that it was issued for, and returns the token for the cookie.
// It is one statement, so that of two who bring the same code one gets ErrNotFound, as does who brings one that is too
// old, for another blog or host, or without the verifier.
func RedeemLoginCode(ctx context.Context, db postgres.Querier, code, verifier string, tenantID int64, host string, now time.Time) (string, error) {
	token := secret.New()
	tag, err := db.Exec(ctx, `WITH redeemed AS (
			DELETE FROM public.login_codes
			WHERE code_hash = $1 AND challenge = $2 AND tenant_id = $3 AND host = $4 AND expires_at > $5
			RETURNING session_id, tenant_id, username, host
		)
		INSERT INTO public.blog_sessions (token_hash, session_id, tenant_id, username, host, created_at, expires_at)
		SELECT $6, session_id, tenant_id, username, host, $5, $7 FROM redeemed`,
		secret.Hash(code), Challenge(verifier), tenantID, host, now, secret.Hash(token), now.Add(BlogSessionLife))
	switch {
	case err != nil:
		return "", fmt.Errorf("redeem a login code at %s: %w", host, err)
	case tag.RowsAffected() == 0:
		return "", ErrNotFound
	}
	return token, nil
}
