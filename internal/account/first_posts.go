package account

import (
	"context"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// RecordFirstPost notes that somebody has written in a tenant's blog. Only the first time counts.
func RecordFirstPost(ctx context.Context, db postgres.Querier, tenantID int64, now time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO public.first_posts (tenant_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tenantID, now)
	if err != nil {
		return fmt.Errorf("note the first post of tenant %d: %w", tenantID, err)
	}
	return nil
}
