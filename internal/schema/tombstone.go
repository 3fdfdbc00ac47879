package schema

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// Retain turns the live tenant that was read into a tombstone: its schema is renamed, out of the blog's reach, and its
// names stay taken until purgeAt. said is the spec of its Tenant, as JSON. It returns the tombstone's schema, or "" when
// there was nothing to keep: the tenant has ended, whoever has its name now, or its schema has vanished.
func (s *Store) Retain(ctx context.Context, read registry.Tenant, said []byte, now, purgeAt time.Time) (tombstone string, err error) {
	err = s.end(ctx, "retain", read, now, func(ctx context.Context, tx pgx.Tx, tenant registry.Tenant) error {
		tombstone = naming.Tombstone(tenant.ID, now)
		schema := quote(tenant.SchemaName)
		err := run(ctx, tx, "SET LOCAL lock_timeout = '"+lockTimeout+"'; REVOKE USAGE ON SCHEMA "+schema+" FROM "+postgres.BlogRole+
			"; ALTER SCHEMA "+schema+" RENAME TO "+quote(tombstone))
		if err != nil {
			return fmt.Errorf("turn schema %s into a tombstone: %w", tenant.SchemaName, err)
		}
		return registry.Retain(ctx, tx, tenant.ID, tombstone, said, s.clock(now), purgeAt.Sub(now))
	})
	return tombstone, err
}

// Drop drops the schema of the live tenant that was read and releases its names. It reports whether there was one.
func (s *Store) Drop(ctx context.Context, read registry.Tenant, now time.Time) (dropped bool, err error) {
	err = s.end(ctx, "drop", read, now, func(ctx context.Context, tx pgx.Tx, tenant registry.Tenant) error {
		dropped = true
		if err := dropSchema(ctx, tx, tenant.SchemaName); err != nil {
			return err
		}
		return registry.Release(ctx, tx, tenant.ID, s.clock(now))
	})
	return dropped, err
}

// end locks the row of the live tenant that was read and ends its life by work. A tenant without a schema is released. It
// returns registry.ErrRace when the row has changed since: it may have been ended and restored for another Tenant.
func (s *Store) end(ctx context.Context, operation string, read registry.Tenant, now time.Time, work func(context.Context, pgx.Tx, registry.Tenant) error) error {
	return s.inTransaction(ctx, operation, rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := registry.Lock(ctx, tx, read.Name)
		switch {
		case errors.Is(err, registry.ErrNoTenant):
			return nil
		case err != nil:
			return err
		case tenant.ID != read.ID || tenant.State != registry.Live:
			return nil
		case !tenant.UpdatedAt.Equal(read.UpdatedAt):
			return fmt.Errorf("%s tenant %s: %w", operation, read.Name, registry.ErrRace)
		case !tenant.SchemaExists:
			return registry.Release(ctx, tx, tenant.ID, s.clock(now))
		}
		return work(ctx, tx, tenant)
	})
}

// Restore gives the tombstone of a tenant its names back. It returns registry.ErrNoTenant when there is no tombstone,
// and *registry.TakenError when another tenant has the schema or the primary host.
func (s *Store) Restore(ctx context.Context, spec registry.Spec, now time.Time) error {
	return s.inTransaction(ctx, "restore", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := registry.Lock(ctx, tx, spec.Name)
		if err != nil {
			return err
		}
		if tenant.State != registry.Tombstone {
			return registry.ErrNoTenant
		}
		updatedAt, err := registry.Revive(ctx, tx, tenant.ID, spec.SchemaName)
		switch {
		case postgres.Code(err) == postgres.CodeUniqueViolation:
			return &registry.TakenError{Name: spec.SchemaName, Kind: registry.SchemaName}
		case err != nil:
			return err
		}
		schema := quote(spec.SchemaName)
		err = run(ctx, tx, "SET LOCAL lock_timeout = '"+lockTimeout+"'; ALTER SCHEMA "+quote(tenant.TombstoneSchema)+" RENAME TO "+schema+
			"; GRANT USAGE ON SCHEMA "+schema+" TO "+postgres.BlogRole)
		switch {
		case postgres.Code(err) == postgres.CodeDuplicateSchema:
			return ErrSchemaExists
		case err != nil:
			return fmt.Errorf("rename tombstone %s to %s: %w", tenant.TombstoneSchema, spec.SchemaName, err)
		}
		return registry.Update(ctx, tx, spec, updatedAt, s.clock(now))
	})
}

// Purge drops the tombstones whose retention is over, each in a transaction of its own, at most limit of them. It
// returns the schemas that it dropped.
func (s *Store) Purge(ctx context.Context, now time.Time, limit int) ([]string, error) {
	found, err := registry.FindPurgeable(ctx, s.pool, s.clock(now), limit)
	if err != nil {
		return nil, err
	}
	var purged []string
	for _, tombstone := range found {
		err := s.inTransaction(ctx, "purge", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
			if err := dropSchema(ctx, tx, tombstone.Schema); err != nil {
				return err
			}
			return registry.Delete(ctx, tx, tombstone.ID)
		})
		if err != nil {
			return purged, err
		}
		purged = append(purged, tombstone.Schema)
	}
	return purged, nil
}

func dropSchema(ctx context.Context, tx pgx.Tx, name string) error {
	err := run(ctx, tx, "SET LOCAL lock_timeout = '"+lockTimeout+"'; DROP SCHEMA IF EXISTS "+quote(name)+" CASCADE")
	if err != nil {
		return fmt.Errorf("drop schema %s: %w", name, err)
	}
	return nil
}
