package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Purge drops at most limit tombstones whose retention has ended, each in its own transaction. It returns the schemas that
// it dropped. Those that belong to another role are left, and make it return a *DefectsError after the others.
func (s *Store) Purge(ctx context.Context, now time.Time, limit int) ([]string, error) {
	found, err := s.purgeable(ctx, now, limit)
	if err != nil {
		return nil, err
	}
	var (
		purged  []string
		foreign []Defect
	)
	for _, tombstone := range found {
		if tombstone.Foreign != nil {
			foreign = append(foreign, *tombstone.Foreign)
			continue
		}
		err := s.inTransaction(ctx, "purge", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
			if err := dropSchema(ctx, tx, tombstone.Schema); err != nil {
				return err
			}
			// The hosts are deleted by cascade.
			if _, err := tx.Exec(ctx, `DELETE FROM public.tenants WHERE id = $1 AND state <> `+LiveSQL, tombstone.ID); err != nil {
				return fmt.Errorf("delete the row of tombstone %s: %w", tombstone.Schema, err)
			}
			return nil
		})
		if err != nil {
			return purged, err
		}
		purged = append(purged, tombstone.Schema)
	}
	if len(foreign) > 0 {
		return purged, &DefectsError{foreign}
	}
	return purged, nil
}

// purgeableTombstone is a tombstone whose retention has ended.
type purgeableTombstone struct {
	ID     int64
	Schema string
	// Foreign is the defect of a schema that belongs to another role.
	Foreign *Defect
}

// purgeable returns at most limit tombstones whose retention has ended: first those that the operator can drop, and of
// these the oldest.
func (s *Store) purgeable(ctx context.Context, now time.Time, limit int) ([]purgeableTombstone, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, tombstone_schema, `+foreignTombstone+` FROM public.tenants t
		WHERE state IN (`+TombstoneSQL+`, `+SupersededSQL+`) AND purge_at <= `+earlier+`
		ORDER BY `+foreignTombstone+` IS NOT NULL, purge_at, id LIMIT @limit`,
		s.clock(now).args(pgx.NamedArgs{"limit": limit}))
	if err != nil {
		return nil, fmt.Errorf("look for tombstones to purge: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[purgeableTombstone])
	if err != nil {
		return nil, fmt.Errorf("look for tombstones to purge: %w", err)
	}
	return found, nil
}
