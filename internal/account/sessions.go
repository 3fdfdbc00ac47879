package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

const (
	// SessionLife is how long a session lasts without being used.
	SessionLife = 14 * 24 * time.Hour
	// renewal is the shortest interval at which the use of a session is recorded.
	renewal = time.Hour
	// maxUserAgent is the size, in bytes, at which the name of a browser is truncated.
	maxUserAgent = 300
	// maxSessions is how many sessions a user has. A further login ends the one that was not used for the longest time.
	maxSessions = 100
)

// Session is a browser in which a user is logged in.
type Session struct {
	// ID identifies the session. It is not a secret.
	ID int64
	// CreatedAt is the time of the login, SeenAt of the last request (to within an hour) and ExpiresAt of the end.
	CreatedAt, SeenAt, ExpiresAt time.Time
	// Address and UserAgent are the browser's at the login.
	Address, UserAgent string
}

const selectSession = `SELECT s.id, s.created_at, s.seen_at, s.expires_at, s.address, s.user_agent`

// mayLogIn is the condition under which an active user u may be logged in: they own a blog, or a deleted one whose data is
// retained, which they may be able to restore. It is evaluated for every request rather than stored, so that a purge, a
// restore or a change of owner takes effect at once. Comparing the owner with the empty string makes the partial index usable.
const mayLogIn = `(u.role = 'staff' OR EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username AND t.owner <> '' AND t.state <> ` + released + `))`

// insertSession starts a session in a browser and ends the one that the browser had before. hash is the password hash that
// was verified. Empty: the user proved who they are by a link or a sign-up, which is not enough for staff. It returns
// ErrNotFound if the user has changed since. The lock makes it wait for such a change, which also ends sessions.
func insertSession(ctx context.Context, db postgres.Querier, userID int64, hash string, b Browser, now time.Time) (token string, err error) {
	token = secret.New()
	userAgent := strings.ToValidUTF8(b.UserAgent[:min(len(b.UserAgent), maxUserAgent)], "")
	var started int64
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.sessions WHERE token_hash = $1`, secret.Hash(b.Token))
	batch.Queue(`INSERT INTO public.sessions (token_hash, user_id, created_at, seen_at, expires_at, address, user_agent)
		SELECT $1, u.id, $3, $3, $4, $5, $6 FROM public.users u
		WHERE u.id = $2 AND u.state = 'active' AND ($7 <> '' AND u.password_hash = $7 OR $7 = '' AND u.role = 'author') FOR SHARE`,
		secret.Hash(token), userID, now, now.Add(SessionLife), b.Address, userAgent, hash).
		Exec(func(tag pgconn.CommandTag) error { started = tag.RowsAffected(); return nil })
	rememberLogin(batch, b, token, now)
	batch.Queue(`DELETE FROM public.sessions WHERE id IN (
		SELECT id FROM public.sessions WHERE user_id = $1 ORDER BY seen_at DESC, id DESC OFFSET $2)`, userID, maxSessions)
	forgetOldBrowsers(batch, userID)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return "", fmt.Errorf("start session of user %d: %w", userID, err)
	}
	if started == 0 {
		return "", ErrNotFound
	}
	return token, nil
}

// findSession returns the session with a token and its user, or ErrNotFound if the session has ended or its user may not
// log in.
func findSession(ctx context.Context, db postgres.Querier, token string, now time.Time) (Session, User, error) {
	var s Session
	u, err := scanUser(db.QueryRow(ctx, selectSession+`, u.id, u.username, u.email, u.password_hash, u.role, u.state, u.created_at, u.confirmed_at
		FROM public.sessions s JOIN public.users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.state = 'active' AND `+mayLogIn, secret.Hash(token), now),
		&s.ID, &s.CreatedAt, &s.SeenAt, &s.ExpiresAt, &s.Address, &s.UserAgent)
	return s, u, notFound("read session", err)
}

// renewSession records the use of a session.
func renewSession(ctx context.Context, db postgres.Querier, s *Session, now time.Time) error {
	s.SeenAt, s.ExpiresAt = now, now.Add(SessionLife)
	if _, err := db.Exec(ctx, `UPDATE public.sessions SET seen_at = $2, expires_at = $3 WHERE id = $1`, s.ID, s.SeenAt, s.ExpiresAt); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	return nil
}

// listSessions lists a user's sessions, the last used first.
func listSessions(ctx context.Context, db postgres.Querier, userID int64, now time.Time) ([]Session, error) {
	rows, err := db.Query(ctx, selectSession+` FROM public.sessions s
		WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.seen_at DESC, s.id DESC LIMIT $3`, userID, now, maxSessions)
	if err != nil {
		return nil, fmt.Errorf("list sessions of user %d: %w", userID, err)
	}
	sessions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Session])
	if err != nil {
		return nil, fmt.Errorf("list sessions of user %d: %w", userID, err)
	}
	return sessions, nil
}

func deleteSession(ctx context.Context, db postgres.Querier, userID, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.sessions WHERE user_id = $1 AND id = $2`, userID, id); err != nil {
		return fmt.Errorf("end session of user %d: %w", userID, err)
	}
	return nil
}

// deleteSessions ends all sessions of a user but the one with the ID keep.
func deleteSessions(ctx context.Context, db postgres.Querier, userID, keep int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.sessions WHERE user_id = $1 AND id <> $2`, userID, keep); err != nil {
		return fmt.Errorf("end sessions of user %d: %w", userID, err)
	}
	return nil
}
