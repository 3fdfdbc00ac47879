// Package blogsession stores the sessions of owners on their blogs, and the codes that start them. The public site issues
// a code for a host; the blog at that host redeems it for a session. Blogs use nothing else of accounts.
package blogsession

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// Life is how long a session lasts. It ends earlier if the session on the public site that it came from ends.
	Life = 14 * 24 * time.Hour
	// maxSessions is how many sessions a blog has. A further login ends the oldest one.
	maxSessions = 100
)

// ErrNotFound is returned when a session or code does not exist, has expired or is for another blog or host.
var ErrNotFound = errors.New("no such session or code on this blog")

// provenHost is the condition under which a host belongs to a tenant and is known to be its owner's. Otherwise the domain may
// have a new owner, who receives the cookies of browsers.
func provenHost(tenantID, host string) string {
	return `EXISTS (SELECT FROM public.domains d WHERE d.host = ` + host + ` AND d.tenant_id = ` + tenantID + ` AND ` + tenancy.ProvenSQL + `)`
}

// Find returns the name of the user who has a session at a host of a tenant. It returns ErrNotFound if the session has
// ended, if the user no longer owns the tenant, or while the host is not proven.
func Find(ctx context.Context, db postgres.Querier, token string, tenantID int64, host string, now time.Time) (username string, err error) {
	err = db.QueryRow(ctx, findSession, secret.Hash(token), tenantID, host, now).Scan(&username)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNotFound
	case err != nil:
		return "", fmt.Errorf("read session at %s: %w", host, err)
	}
	return username, nil
}

var findSession = `SELECT s.username FROM public.blog_sessions s JOIN public.tenants t ON t.id = s.tenant_id
	WHERE s.token_hash = $1 AND s.tenant_id = $2 AND s.host = $3 AND s.expires_at > $4
		AND t.state = '` + string(tenancy.StateLive) + `' AND t.owner = s.username
		AND ` + provenHost("$2", "$3")

// QueueFind adds the statement of Find to a batch. The name of the user is read into username, which stays empty without a session.
func QueueFind(batch *postgres.Batch, token string, tenantID int64, host string, now time.Time, username *string) {
	batch.Queue(findSession, secret.Hash(token), tenantID, host, now).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(username); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read session at %s: %w", host, err)
		}
		return nil
	})
}

// End ends a session on a tenant's blog. It is not an error if the session has already ended.
func End(ctx context.Context, db postgres.Querier, token string, tenantID int64) error {
	_, err := db.Exec(ctx, `DELETE FROM public.blog_sessions WHERE token_hash = $1 AND tenant_id = $2`, secret.Hash(token), tenantID)
	if err != nil {
		return fmt.Errorf("end session on the blog of tenant %d: %w", tenantID, err)
	}
	return nil
}
