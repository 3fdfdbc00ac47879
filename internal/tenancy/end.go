package tenancy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// Retain turns the live tenant that was read into a tombstone: its schema is renamed, the application loses access to it,
// and its names stay taken until purgeAt. It returns the tombstone's schema, or "" if there is nothing to retain, because the
// tenant has already ended or its schema is missing. It returns *HeldError if the brake, unless it is nil, does not let it end.
func (s *Store) Retain(ctx context.Context, read Tenant, deleted DeletedTenant, brake *Brake, now, purgeAt time.Time) (tombstoneSchema string, err error) {
	err = s.end(ctx, "retain", read, brake, now, func(ctx context.Context, tx pgx.Tx, tenant Tenant) error {
		tombstoneSchema = naming.Tombstone(tenant.ID, now)
		err := run(ctx, tx, slices.Concat([]string{lockTimeout}, s.usageSQL("REVOKE", tenant.SchemaName, "FROM"),
			[]string{"ALTER SCHEMA " + quote(tenant.SchemaName) + " RENAME TO " + quote(tombstoneSchema)})...)
		if err != nil {
			return fmt.Errorf("turn schema %s into a tombstone: %w", tenant.SchemaName, err)
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE public.tenants SET state = `+TombstoneSQL+`, tombstone_schema = @schema, released_at = `+later+`,
			purge_at = `+later+` + @retention::interval, owner = @owner, uid = @uid, updated_at = now() WHERE id = @id AND state = `+LiveSQL,
			s.clock(now).args(pgx.NamedArgs{"id": tenant.ID, "schema": tombstoneSchema, "retention": purgeAt.Sub(now), "owner": deleted.Owner, "uid": deleted.UID}))
		queueObject(batch, tenant.ID, deleted.Object)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("turn tenant %s into a tombstone: %w", tenant.Name, err)
		}
		return notify(ctx, tx, tenant.ID)
	})
	return tombstoneSchema, err
}

// Drop drops the schema of the live tenant that was read and releases its names. It reports whether it dropped a schema. It
// returns *HeldError if the brake, unless it is nil, does not let it end.
func (s *Store) Drop(ctx context.Context, read Tenant, brake *Brake, now time.Time) (dropped bool, err error) {
	err = s.end(ctx, "drop", read, brake, now, func(ctx context.Context, tx pgx.Tx, tenant Tenant) error {
		dropped = true
		if err := dropSchema(ctx, tx, tenant.SchemaName); err != nil {
			return err
		}
		return s.release(ctx, tx, tenant.ID, now)
	})
	return dropped, err
}

// end locks the row of the live tenant that was read and calls work to end it. A tenant whose schema is missing is
// released. It returns ErrConflict if the row has changed since, because it may have been ended and restored for another
// Tenant, and *DefectsError if the schema belongs to another role.
func (s *Store) end(ctx context.Context, operation string, read Tenant, brake *Brake, now time.Time, work func(context.Context, pgx.Tx, Tenant) error) error {
	s.prefetched.take(read.Name) // a later tenant of that name must not find it
	err := s.inTransaction(ctx, operation, rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := lockRow(ctx, tx, read.Name)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		case tenant.ID != read.ID || tenant.State != StateLive:
			return nil
		case !tenant.UpdatedAt.Equal(read.UpdatedAt):
			return fmt.Errorf("%s tenant %s: %w", operation, read.Name, ErrConflict)
		}
		if err := brake.check(ctx, tx, s.clock(now)); err != nil {
			return err
		}
		if tenant.SchemaExists {
			err = work(ctx, tx, tenant)
		} else {
			err = s.release(ctx, tx, tenant.ID, now)
		}
		if err != nil {
			return err
		}
		return brake.count(ctx, tx, s.clock(now))
	})
	return s.explainDenied(ctx, read.SchemaName, nil, err)
}

// release records that a tenant and its data are gone, which begins the hold of its names.
func (s *Store) release(ctx context.Context, tx pgx.Tx, id int64, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE public.tenants SET state = `+ReleasedSQL+`, released_at = `+later+`, updated_at = now()
		WHERE id = @id AND state = `+LiveSQL, s.clock(now).args(pgx.NamedArgs{"id": id}))
	if err != nil {
		return fmt.Errorf("release the names of tenant %d: %w", id, err)
	}
	return notify(ctx, tx, id)
}

func dropSchema(ctx context.Context, tx pgx.Tx, name string) error {
	if err := run(ctx, tx, lockTimeout, "DROP SCHEMA IF EXISTS "+quote(name)+" CASCADE"); err != nil {
		return fmt.Errorf("drop schema %s: %w", name, err)
	}
	return nil
}
