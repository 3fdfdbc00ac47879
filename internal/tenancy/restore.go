package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Restore turns the tombstone with an ID, of a tenant of the name in spec, back into a live tenant. Another tombstone that has
// the name is superseded. It returns ErrNotFound if there is no such tombstone, *NameTakenError if another tenant has the
// name, the schema or the primary host, ErrSchemaExists if the database has a schema of that name, and *DefectsError if the
// schema belongs to another role.
func (s *Store) Restore(ctx context.Context, spec Spec, id int64, now time.Time) error {
	s.prefetched.take(spec.Name)
	var tombstone string
	err := s.inTransaction(ctx, "restore", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT tombstone_schema FROM public.tenants
			WHERE id = $1 AND name = $2 AND tombstone_schema IS NOT NULL FOR UPDATE`, id, spec.Name).Scan(&tombstone)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return fmt.Errorf("lock tombstone %d: %w", id, err)
		}
		updatedAt, err := s.restoreRow(ctx, tx, id, spec, now)
		if err != nil {
			return err
		}
		err = run(ctx, tx, append([]string{lockTimeout, "ALTER SCHEMA " + quote(tombstone) + " RENAME TO " + quote(spec.SchemaName)},
			s.usageSQL("GRANT", spec.SchemaName, "TO")...)...)
		switch {
		case postgres.Code(err) == postgres.CodeDuplicateSchema:
			return ErrSchemaExists
		case err != nil:
			return fmt.Errorf("rename tombstone %s to %s: %w", tombstone, spec.SchemaName, err)
		}
		return s.updateRow(ctx, tx, spec, updatedAt, now)
	})
	return s.explainDenied(ctx, tombstone, nil, err)
}

// restoreRow makes a tombstone's row live, and returns its new UpdatedAt.
func (s *Store) restoreRow(ctx context.Context, tx pgx.Tx, id int64, spec Spec, now time.Time) (updatedAt time.Time, err error) {
	batch := &pgx.Batch{}
	queueExpiredHolds(batch, spec, s.clock(now))
	batch.Queue(`UPDATE public.tenants SET state = `+SupersededSQL+`, updated_at = now() WHERE name = $1 AND id <> $2 AND state = `+TombstoneSQL, spec.Name, id)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return time.Time{}, fmt.Errorf("prepare to restore tombstone %d: %w", id, err)
	}
	err = tx.QueryRow(ctx, `UPDATE public.tenants t SET state = `+LiveSQL+`, schema_name = $2, tombstone_schema = NULL,
			released_at = NULL, purge_at = NULL, updated_at = now()
		WHERE t.id = $1 AND NOT EXISTS (SELECT FROM public.tenants other WHERE other.id <> t.id AND other.state <> `+SupersededSQL+`
			AND (other.name = t.name OR other.schema_name = $2))
		RETURNING updated_at`, id, spec.SchemaName).Scan(&updatedAt)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		taken, err := ownerOfNames(ctx, tx, spec)
		if err == nil && taken == nil { // a live tenant has the name
			err = fmt.Errorf("restore tombstone %d: %w", id, ErrConflict)
		} else if err == nil {
			err = taken
		}
		return time.Time{}, err
	case postgres.Code(err) == postgres.CodeUniqueViolation: // another transaction has just taken one of the names
		return time.Time{}, fmt.Errorf("restore tombstone %d: %w", id, ErrConflict)
	case err != nil:
		return time.Time{}, fmt.Errorf("restore tombstone %d: %w", id, err)
	}
	return updatedAt, nil
}
