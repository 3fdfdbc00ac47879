package account

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/secret"
)

const (
	// BrowserLife is how long a browser is known after a login.
	BrowserLife = 180 * 24 * time.Hour
	// maxBrowsers is how many browsers an account knows. A further one replaces the one that logged in first.
	maxBrowsers = 100
	// maxBrowserID is the size, in bytes, above which an ID is not one of ours.
	maxBrowserID = 100
)

// A browser is known to an account that it has logged in to. Its cookie contains a random ID, which proves nothing else: it
// does not log anyone in, but decides which rate limits count an attempt.

const insertKnownBrowser = `INSERT INTO public.known_browsers (id_hash, user_id, expires_at) `

const extendKnownBrowser = ` ON CONFLICT (id_hash, user_id) DO UPDATE SET expires_at = EXCLUDED.expires_at`

// rememberBrowser makes a browser known to a user.
func rememberBrowser(ctx context.Context, db postgres.Querier, userID int64, b Browser, now time.Time) error {
	if !b.hasID() {
		return nil
	}
	_, err := db.Exec(ctx, insertKnownBrowser+`VALUES ($1, $2, $3)`+extendKnownBrowser, secret.Hash(b.ID), userID, now.Add(BrowserLife))
	if err != nil {
		return fmt.Errorf("remember browser of user %d: %w", userID, err)
	}
	return nil
}

// rememberLogin queues a statement that makes a browser known to the user of a session, if there is one.
func rememberLogin(batch *pgx.Batch, b Browser, sessionToken string, now time.Time) {
	if b.hasID() {
		batch.Queue(insertKnownBrowser+`SELECT $1, s.user_id, $3 FROM public.sessions s WHERE s.token_hash = $2`+extendKnownBrowser,
			secret.Hash(b.ID), secret.Hash(sessionToken), now.Add(BrowserLife))
	}
}

// forgetOldBrowsers queues a statement that forgets the browsers of a user beyond maxBrowsers.
func forgetOldBrowsers(batch *pgx.Batch, userID int64) {
	batch.Queue(`DELETE FROM public.known_browsers WHERE user_id = $1 AND id_hash IN (
		SELECT id_hash FROM public.known_browsers WHERE user_id = $1 ORDER BY expires_at DESC, id_hash OFFSET $2)`, userID, maxBrowsers)
}

// isKnownBrowser reports whether a browser is known to the account with a user name or email address.
func isKnownBrowser(ctx context.Context, db postgres.Querier, b Browser, login string, now time.Time) (known bool, err error) {
	if !b.hasID() {
		return false, nil
	}
	err = db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.known_browsers k JOIN public.users u ON u.id = k.user_id
		WHERE k.id_hash = $1 AND k.expires_at > $3 AND (u.username = $2 OR u.email_key = $2))`, secret.Hash(b.ID), login, now).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("read known browser: %w", err)
	}
	return known, nil
}

// subject returns the subject of a limit for one account and this browser.
func (b Browser) subject(login string) string {
	return ratelimit.Join(login, hex.EncodeToString(secret.Hash(b.ID)))
}

// network returns the subject of a limit for one account and the network of this browser.
func (b Browser) network(login string) string { return ratelimit.Join(login, b.Address) }

func (b Browser) hasID() bool { return b.ID != "" && len(b.ID) <= maxBrowserID }
