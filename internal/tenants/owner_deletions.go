package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// insertOwnerDeletion records that the Tenant with a UID was deleted by its owner.
func insertOwnerDeletion(ctx context.Context, db postgres.Querier, uid string, userID int64, now time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO public.owner_deletions (uid, user_id, deleted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, uid, userID, now)
	if err != nil {
		return fmt.Errorf("insert deletion of Tenant %s: %w", uid, err)
	}
	return nil
}

// deletedByOwner returns which of the Tenants with the given UIDs were deleted by a user who owned them.
func deletedByOwner(ctx context.Context, db postgres.Querier, uids []string, userID int64) (map[string]bool, error) {
	rows, err := db.Query(ctx, `SELECT uid FROM public.owner_deletions WHERE uid = ANY ($1) AND user_id = $2`, uids, userID)
	if err != nil {
		return nil, fmt.Errorf("read deletions of user %d: %w", userID, err)
	}
	defer rows.Close()
	found := make(map[string]bool)
	for rows.Next() {
		var uid string
		if err := rows.Scan(&uid); err != nil {
			return nil, fmt.Errorf("read deletions of user %d: %w", userID, err)
		}
		found[uid] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read deletions of user %d: %w", userID, err)
	}
	return found, nil
}

// DeleteStaleDeletions deletes the records of deletions before a time whose Tenants no longer have a tombstone.
func DeleteStaleDeletions(ctx context.Context, db postgres.Querier, before time.Time) error {
	_, err := db.Exec(ctx, `DELETE FROM public.owner_deletions d WHERE d.deleted_at <= $1 AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.uid = d.uid AND t.tombstone_schema IS NOT NULL)`, before)
	if err != nil {
		return fmt.Errorf("delete stale deletions: %w", err)
	}
	return nil
}
