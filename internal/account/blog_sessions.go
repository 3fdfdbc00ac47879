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

// BlogSessionLife is how long a session on a blog lasts at most. It ends sooner with the session of the public site that
// it came from.
const BlogSessionLife = 14 * 24 * time.Hour

// FindBlogSession returns who is logged in on a blog, or ErrNotFound when nobody is: no such session at this host of this
// tenant, none any more, or one of somebody who does not own the tenant any more.
func FindBlogSession(ctx context.Context, db postgres.Querier, token string, tenantID int64, host string, now time.Time) (string, error) {
	var username string
	err := db.QueryRow(ctx, `SELECT s.username FROM public.blog_sessions s JOIN public.tenants t ON t.id = s.tenant_id
		WHERE s.token_hash = $1 AND s.tenant_id = $2 AND s.host = $3 AND s.expires_at > $4
			AND t.state = 'live' AND t.owner = s.username`, secret.Hash(token), tenantID, host, now).Scan(&username)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNotFound
	case err != nil:
		return "", fmt.Errorf("read a session at %s: %w", host, err)
	}
	return username, nil
}

// EndBlogSession ends a session on a blog. One that has ended already is no error.
func EndBlogSession(ctx context.Context, db postgres.Querier, token string, tenantID int64) error {
	_, err := db.Exec(ctx, `DELETE FROM public.blog_sessions WHERE token_hash = $1 AND tenant_id = $2`, secret.Hash(token), tenantID)
	if err != nil {
		return fmt.Errorf("end a session on the blog of tenant %d: %w", tenantID, err)
	}
	return nil
}
