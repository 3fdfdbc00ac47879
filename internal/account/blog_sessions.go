package account

import (
	"context"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// BlogSessionLife is how long a session on a blog lasts at most. It ends earlier if the session of the public site that
// it came from ends.
const BlogSessionLife = 14 * 24 * time.Hour

// FindBlogSession returns the name of the user who is logged in on a blog, or ErrNotFound if there is no such session at
// this host of this tenant, if it has ended, or if the user no longer owns the tenant.
func FindBlogSession(ctx context.Context, db postgres.Querier, token string, tenantID int64, host string, now time.Time) (string, error) {
	var username string
	err := db.QueryRow(ctx, `SELECT s.username FROM public.blog_sessions s JOIN public.tenants t ON t.id = s.tenant_id
		WHERE s.token_hash = $1 AND s.tenant_id = $2 AND s.host = $3 AND s.expires_at > $4
			AND t.state = `+live+` AND t.owner = s.username`, secret.Hash(token), tenantID, host, now).Scan(&username)
	return username, notFound("read session at "+host, err)
}

// EndBlogSession ends a session on a blog. One that has ended is not an error.
func EndBlogSession(ctx context.Context, db postgres.Querier, token string, tenantID int64) error {
	_, err := db.Exec(ctx, `DELETE FROM public.blog_sessions WHERE token_hash = $1 AND tenant_id = $2`, secret.Hash(token), tenantID)
	if err != nil {
		return fmt.Errorf("end session on the blog of tenant %d: %w", tenantID, err)
	}
	return nil
}
