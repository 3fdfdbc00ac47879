package account

import (
	"context"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// RecordFirstPost records that a tenant's blog has a post: unconfirmed accounts that have written are not removed. It
// does nothing if that was recorded before.
func RecordFirstPost(ctx context.Context, db postgres.Querier, tenantID int64, now time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO public.first_posts (tenant_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tenantID, now)
	if err != nil {
		return fmt.Errorf("record first post of tenant %d: %w", tenantID, err)
	}
	return nil
}
