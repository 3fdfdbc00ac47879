package tenancy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// CreateOptions say what may exist already when a tenant is created, and what is kept of it. The zero value: nothing.
type CreateOptions struct {
	// Object is the Tenant object.
	Object Object
	// Fresh supersedes a tombstone of that name.
	Fresh bool
	// Adopt takes over an existing schema, which is at the version AdoptVersion; its other contents are kept.
	Adopt bool
	// AdoptVersion is the version of the adopted schema. Empty: it has none of the application's tables.
	AdoptVersion string
}

// Create creates a tenant: its row and hosts, and its schema with all migrations and privileges, in one transaction of
// five round trips. It returns *NameTakenError if a name is unavailable, ErrSchemaExists if the schema exists and o does
// not adopt it, ErrNewer if the adopted schema is ahead, and *DefectsError if it lacks a table or belongs to another role.
// Custom hosts that are unavailable are left out.
func (s *Store) Create(ctx context.Context, spec Spec, o CreateOptions, now time.Time) error {
	if s.app.Compare(o.AdoptVersion, s.app.Latest()) > 0 {
		return ErrNewer
	}
	s.prefetched.forgetFormerOwners(spec)
	err := s.inTransaction(ctx, "create", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if s.options.Citus {
			if err := lockRecord(ctx, tx); err != nil {
				return err
			}
		}
		if err := s.insertRow(ctx, tx, spec, o, now); err != nil {
			return err
		}
		if o.Adopt {
			return s.adoptSchema(ctx, tx, spec.SchemaName, o.AdoptVersion)
		}
		return s.createSchema(ctx, tx, spec.SchemaName)
	})
	return s.explainDenied(ctx, spec.SchemaName, s.app.Grants, err)
}

// insertRow adds a live tenant with its hosts and object, in one batch. It frees names whose hold has ended, and supersedes a
// tombstone of that name if o.Fresh is true. The transaction must be rolled back after any error.
func (s *Store) insertRow(ctx context.Context, tx pgx.Tx, spec Spec, o CreateOptions, now time.Time) error {
	batch := &pgx.Batch{}
	if o.Fresh {
		batch.Queue(`UPDATE public.tenants SET state = `+SupersededSQL+`, updated_at = now() WHERE name = $1 AND state = `+TombstoneSQL, spec.Name)
	}
	queueExpiredHolds(batch, spec, s.clock(now))
	var id int64
	batch.Queue(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at,
			max_posts, max_storage_bytes, requests_per_second, created_at, owner, paid_until_in_spec, suspension_reason, uid, updated_at)
		VALUES ($1, $2, `+LiveSQL+`, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now())
		ON CONFLICT DO NOTHING RETURNING id`,
		spec.Name, spec.SchemaName, s.app.Latest(), spec.DisplayName, date(spec.PaidUntil), orNegativeInfinity(spec.SuspendAt),
		spec.Limits.MaxPosts, spec.Limits.MaxStorageBytes, spec.Limits.RequestsPerSecond, now, spec.Owner, spec.PaidUntilInSpec, spec.SuspensionReason, spec.UID).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&id); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
	if o.Object.Digest != "" { // if the row is another one's, the transaction is rolled back
		batch.Queue(`INSERT INTO public.tenant_objects (tenant_id, digest, object)
			SELECT id, $2::text, $3::json FROM public.tenants WHERE name = $1 AND state = `+LiveSQL+` ON CONFLICT DO NOTHING`,
			spec.Name, o.Object.Digest, string(o.Object.JSON))
	}
	queueTakeovers(batch, spec, s.clock(now))
	owned := queueClaims(batch, spec, now)
	queueNotify(batch, spec.Name)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("insert tenant %s and its hosts: %w", spec.Name, err)
	}
	if id == 0 || !owned.primary {
		return nameTaken(ctx, tx, spec)
	}
	return nil
}

// adoptSchema migrates an existing schema, and creates it if it is missing.
func (s *Store) adoptSchema(ctx context.Context, tx pgx.Tx, name, version string) error {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for schema %s: %w", name, err)
	}
	if !exists {
		return s.createSchema(ctx, tx, name)
	}
	if err := s.applyPending(ctx, tx, name, version); err != nil {
		return err
	}
	defects, err := defectsOf(ctx, tx, name, s.options.needsOf(s.app.Grants, true))
	if err != nil {
		return err
	}
	if !onlyPrivileges(defects) { // a GRANT would fail, or do nothing without an error
		return &DefectsError{defects}
	}
	if err := run(ctx, tx, s.accessSQL(name)...); err != nil {
		return fmt.Errorf("grant access to schema %s: %w", name, err)
	}
	return nil
}

// Recreate creates an empty schema for a live tenant whose schema is missing.
func (s *Store) Recreate(ctx context.Context, name string) error {
	return s.inTransaction(ctx, "recreate", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := lockRow(ctx, tx, name)
		if err != nil || tenant.State != StateLive || tenant.SchemaExists {
			return err
		}
		if err := setVersion(ctx, tx, tenant.ID, s.app.Latest()); err != nil {
			return err
		}
		return s.createSchema(ctx, tx, tenant.SchemaName)
	})
}

func (s *Store) createSchema(ctx context.Context, tx pgx.Tx, name string) error {
	before := append([]string{"CREATE SCHEMA " + quote(name)}, inSchema(name)...)
	err := run(ctx, tx, slices.Concat(before, s.app.Statements(), s.accessSQL(name))...)
	switch {
	case postgres.Code(err) == postgres.CodeDuplicateSchema:
		return ErrSchemaExists
	case err != nil:
		return newMigrationError("", s.app.Latest(), s.app.Migrations, len(before), err)
	}
	migrationsApplied.Add(float64(len(s.app.Migrations)))
	return nil
}
