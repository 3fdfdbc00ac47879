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

const (
	// SessionLife is how long a session lasts without being used.
	SessionLife = 14 * 24 * time.Hour
	// renewal is how often the use of a session is written down.
	renewal = time.Hour
	// maxUserAgent is how much of a browser's name is kept, in bytes.
	maxUserAgent = 300
)

// Session is one browser that is logged in.
type Session struct {
	// ID tells a user's sessions apart. It is no secret.
	ID int64
	// CreatedAt, SeenAt and ExpiresAt are when the user logged in, was last here (within an hour) and will have to log
	// in again.
	CreatedAt, SeenAt, ExpiresAt time.Time
	// Address and UserAgent are the browser's, as at the login.
	Address, UserAgent string
}

// StartSession logs a user in and returns the token for the cookie.
func StartSession(ctx context.Context, db postgres.Querier, userID int64, address, userAgent string, now time.Time) (string, error) {
	token := secret.New()
	_, err := db.Exec(ctx, `INSERT INTO public.sessions (token_hash, user_id, created_at, seen_at, expires_at, address, user_agent)
		VALUES ($1, $2, $3, $3, $4, $5, $6)`,
		secret.Hash(token), userID, now, now.Add(SessionLife), address, userAgent[:min(len(userAgent), maxUserAgent)])
	if err != nil {
		return "", fmt.Errorf("start a session of user %d: %w", userID, err)
	}
	return token, nil
}

// mayLogIn is the condition under which a user u may be logged in beside being active: their tenant is live. Staff need
// none. It is looked up each time rather than written down, so that nothing is to be put right after a deletion, a
// restoration or another owner. Without the empty owner the index is used, which has none of those rows.
const mayLogIn = `(u.role = 'staff' OR EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username AND t.owner <> '' AND t.state = 'live'))`

// FindSession returns the session with a token and its user, or ErrNotFound when there is none any more or its user may
// not log in. It renews a session that is in use.
func FindSession(ctx context.Context, db postgres.Querier, token string, now time.Time) (Session, User, error) {
	var (
		s         Session
		u         User
		confirmed *time.Time
	)
	err := db.QueryRow(ctx, `SELECT s.id, s.created_at, s.seen_at, s.expires_at, s.address, s.user_agent,
			u.id, u.username, u.email, u.password_hash, u.role, u.state, u.created_at, u.confirmed_at
		FROM public.sessions s JOIN public.users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.state = 'active' AND `+mayLogIn, secret.Hash(token), now).
		Scan(&s.ID, &s.CreatedAt, &s.SeenAt, &s.ExpiresAt, &s.Address, &s.UserAgent,
			&u.ID, &u.Username, &u.Email, &u.PasswordHash, &u.Role, &u.State, &u.CreatedAt, &confirmed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Session{}, User{}, ErrNotFound
	case err != nil:
		return Session{}, User{}, fmt.Errorf("read a session: %w", err)
	}
	if confirmed != nil {
		u.ConfirmedAt = *confirmed
	}
	if now.Sub(s.SeenAt) >= renewal {
		s.SeenAt, s.ExpiresAt = now, now.Add(SessionLife)
		_, err := db.Exec(ctx, `UPDATE public.sessions SET seen_at = $2, expires_at = $3 WHERE id = $1`, s.ID, s.SeenAt, s.ExpiresAt)
		if err != nil {
			return Session{}, User{}, fmt.Errorf("renew a session: %w", err)
		}
	}
	return s, u, nil
}

// ListSessions returns a user's sessions, the one that was used last first.
func ListSessions(ctx context.Context, db postgres.Querier, userID int64, now time.Time) ([]Session, error) {
	rows, err := db.Query(ctx, `SELECT id, created_at, seen_at, expires_at, address, user_agent FROM public.sessions
		WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC LIMIT 100`, userID, now)
	if err != nil {
		return nil, fmt.Errorf("list the sessions of user %d: %w", userID, err)
	}
	sessions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Session])
	if err != nil {
		return nil, fmt.Errorf("list the sessions of user %d: %w", userID, err)
	}
	return sessions, nil
}

// EndSession ends a user's session, and those on blogs that came from it. One that has ended already is no error.
func EndSession(ctx context.Context, db postgres.Querier, userID, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.sessions WHERE user_id = $1 AND id = $2`, userID, id); err != nil {
		return fmt.Errorf("end a session of user %d: %w", userID, err)
	}
	return nil
}

// EndSessions ends every session of a user but the one to keep, and those on blogs that came from them. keep is 0 for
// none.
func EndSessions(ctx context.Context, db postgres.Querier, userID, keep int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.sessions WHERE user_id = $1 AND id <> $2`, userID, keep); err != nil {
		return fmt.Errorf("end the sessions of user %d: %w", userID, err)
	}
	return nil
}

// DeleteExpired deletes what has had its time: sessions here and on blogs, login codes, mailed tokens and codes for
// registration.
func DeleteExpired(ctx context.Context, db postgres.Querier, now time.Time) error {
	batch := &pgx.Batch{}
	for _, table := range []string{"sessions", "blog_sessions", "login_codes", "mail_tokens", "registration_codes"} {
		batch.Queue(`DELETE FROM public.`+table+` WHERE expires_at <= $1`, now)
	}
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("delete expired sessions and codes: %w", err)
	}
	return nil
}
