package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Update changes the row and the hosts of a live tenant to those of spec. updatedAt is that of the row as it was read. If
// the row has changed since, Update returns ErrConflict, and if the primary host is unavailable, *NameTakenError; then it
// changes nothing. Custom hosts that are unavailable are left out.
func (s *Store) Update(ctx context.Context, spec Spec, updatedAt, now time.Time) error {
	s.prefetched.forgetFormerOwners(spec)
	return s.inTransaction(ctx, "update", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		return s.updateRow(ctx, tx, spec, updatedAt, now)
	})
}

// updateRow does what Update does, in one batch. A new primary host demotes the old one. The transaction must be rolled
// back after any error.
func (s *Store) updateRow(ctx context.Context, tx pgx.Tx, spec Spec, updatedAt, now time.Time) error {
	redirects, err := encodeRedirects(spec.Redirects)
	if err != nil {
		return fmt.Errorf("encode the redirects of tenant %s: %w", spec.Name, err)
	}
	batch := &pgx.Batch{}
	clock, unchanged := s.clock(now), false
	queueExpiredHolds(batch, spec, clock)
	batch.Queue(`UPDATE public.tenants SET display_name = $2, paid_until = $3, suspend_at = $4,
			max_posts = $5, max_storage_bytes = $6, requests_per_second = $7, owner = $8, paid_until_in_spec = $10, suspension_reason = $11, redirects = $12, uid = $13, kept_at = NULL, updated_at = now()
		WHERE name = $1 AND state = `+LiveSQL+` AND updated_at = $9`,
		spec.Name, spec.DisplayName, date(spec.PaidUntil), orNegativeInfinity(spec.SuspendAt),
		spec.Limits.MaxPosts, spec.Limits.MaxStorageBytes, spec.Limits.RequestsPerSecond, spec.Owner, updatedAt, spec.PaidUntilInSpec, spec.SuspensionReason, redirects, spec.UID).
		Exec(func(tag pgconn.CommandTag) error {
			unchanged = tag.RowsAffected() == 1
			return nil
		})
	queueReleases(batch, spec, clock)
	queueTakeovers(batch, spec, clock)
	owned := queueClaims(batch, spec, now)
	queueNotify(batch, spec.Name)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("update tenant %s and its hosts: %w", spec.Name, err)
	}
	if !unchanged {
		return fmt.Errorf("update tenant %s: %w", spec.Name, ErrConflict)
	}
	if !owned.primary {
		return nameTaken(ctx, tx, spec)
	}
	return nil
}
