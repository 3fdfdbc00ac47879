package blogsession

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

const (
	// codeLife is how long a code is valid.
	codeLife = time.Minute
	// maxCodes is how many codes a session on the public site has. A further one replaces the oldest.
	maxCodes = 20
)

// Code is what a code stands for.
type Code struct {
	// SessionID is the session on the public site. When it ends, the session on the blog ends, too.
	SessionID int64
	// TenantID and Host are the blog and the host for which the code is valid.
	TenantID int64
	Host     string
	// Username is the user who logs in.
	Username string
	// Challenge is the Challenge of the verifier, which the browser has in a cookie of the blog.
	Challenge string
}

// Challenge returns the S256 code challenge of a verifier (RFC 7636, section 4.2).
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsChallenge reports whether Challenge can have returned challenge.
func IsChallenge(challenge string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(challenge)
	return err == nil && len(sum) == sha256.Size
}

// Issue stores the hash of a new code and returns the code.
func Issue(ctx context.Context, db postgres.Querier, c Code, now time.Time) (string, error) {
	code := secret.New()
	_, err := db.Exec(ctx, `WITH replaced AS (
			DELETE FROM public.login_codes WHERE code_hash IN (
				SELECT code_hash FROM public.login_codes WHERE session_id = $2 ORDER BY expires_at DESC, code_hash OFFSET $8)
		)
		INSERT INTO public.login_codes (code_hash, session_id, tenant_id, username, host, challenge, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		secret.Hash(code), c.SessionID, c.TenantID, c.Username, c.Host, c.Challenge, now.Add(codeLife), maxCodes-1)
	if err != nil {
		return "", fmt.Errorf("issue login code for %s: %w", c.Host, err)
	}
	return code, nil
}

// Redeem exchanges a code for a session on the blog and host that it was issued for, and returns the session's token. It
// returns ErrNotFound if the code has expired, is for another blog or host, does not match the verifier, or if the host is
// no longer proven. It is one statement: of two callers that redeem the same code, one gets ErrNotFound.
func Redeem(ctx context.Context, db postgres.Querier, code, verifier string, tenantID int64, host string, now time.Time) (token string, err error) {
	token = secret.New()
	tag, err := db.Exec(ctx, `WITH redeemed AS (
			DELETE FROM public.login_codes
			WHERE code_hash = $1 AND challenge = $2 AND tenant_id = $3 AND host = $4 AND expires_at > $5 AND `+provenHost("$3", "$4")+`
			RETURNING session_id, tenant_id, username, host
		), ended AS (
			DELETE FROM public.blog_sessions WHERE EXISTS (SELECT FROM redeemed) AND token_hash IN (
				SELECT token_hash FROM public.blog_sessions WHERE tenant_id = $3 ORDER BY created_at DESC, token_hash OFFSET $8)
		)
		INSERT INTO public.blog_sessions (token_hash, session_id, tenant_id, username, host, created_at, expires_at)
		SELECT $6, session_id, tenant_id, username, host, $5, $7 FROM redeemed`,
		secret.Hash(code), Challenge(verifier), tenantID, host, now, secret.Hash(token), now.Add(Life), maxSessions-1)
	switch {
	case err != nil:
		return "", fmt.Errorf("redeem login code at %s: %w", host, err)
	case tag.RowsAffected() == 0:
		return "", ErrNotFound
	}
	return token, nil
}
