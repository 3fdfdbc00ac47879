package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Restore turns the tombstone of a tenant back into a live tenant. It returns ErrNotFound if there is no tombstone,
// *NameTakenError if another tenant has the schema or the primary host, ErrSchemaExists if the database has a schema of
// that name, and *DefectsError if the schema belongs to another role.
func (s *Store) Restore(ctx context.Context, spec Spec, now time.Time) error {
	var tombstone string
	err := s.inTransaction(ctx, "restore", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := lockRow(ctx, tx, spec.Name)
		if err != nil {
			return err
		}
		if tenant.State != StateTombstone {
			return ErrNotFound
		}
		tombstone = tenant.TombstoneSchema
		updatedAt, err := restoreRow(ctx, tx, tenant.ID, spec)
		if err != nil {
			return err
		}
		err = run(ctx, tx, append([]string{lockTimeout, "ALTER SCHEMA " + quote(tenant.TombstoneSchema) + " RENAME TO " + quote(spec.SchemaName)},
			s.usageSQL("GRANT", spec.SchemaName, "TO")...)...)
		switch {
		case postgres.Code(err) == postgres.CodeDuplicateSchema:
			return ErrSchemaExists
		case err != nil:
			return fmt.Errorf("rename tombstone %s to %s: %w", tenant.TombstoneSchema, spec.SchemaName, err)
		}
		return s.updateRow(ctx, tx, spec, updatedAt, now)
	})
	return s.explainDenied(ctx, tombstone, nil, err)
}

// restoreRow makes a tombstone's row live, and returns its new UpdatedAt.
func restoreRow(ctx context.Context, tx pgx.Tx, id int64, spec Spec) (updatedAt time.Time, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE public.tenants SET state = `+LiveSQL+`, schema_name = $2, tombstone_schema = NULL,
		released_at = NULL, purge_at = NULL, updated_at = now() WHERE id = $1 AND state = `+TombstoneSQL+`
		RETURNING updated_at`, id, spec.SchemaName).QueryRow(func(row pgx.Row) error { return row.Scan(&updatedAt) })
	batch.Queue(`DELETE FROM public.tombstones WHERE tenant_id = $1`, id)
	err = tx.SendBatch(ctx, batch).Close()
	switch {
	case postgres.Code(err) == postgres.CodeUniqueViolation:
		return time.Time{}, &NameTakenError{Name: spec.SchemaName, Kind: SchemaName}
	case err != nil:
		return time.Time{}, fmt.Errorf("restore tenant %s: %w", spec.Name, err)
	}
	return updatedAt, nil
}
