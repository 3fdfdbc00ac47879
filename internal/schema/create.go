package schema

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// Create makes a tenant: its rows, its schema with all migrations, and the grants, in one transaction of four round
// trips. With fresh, a tombstone of that name is set aside. It returns *registry.TakenError when a name is not to be
// had and ErrSchemaExists when the schema is there and not ours.
func (s *Store) Create(ctx context.Context, spec registry.Spec, fresh bool, now time.Time) error {
	return s.inTransaction(ctx, "create", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if s.serial {
			if err := run(ctx, tx, `SELECT pg_advisory_xact_lock(hashtextextended('echoblogs:create', 0))`); err != nil {
				return err
			}
		}
		if _, err := registry.Insert(ctx, tx, spec, s.Latest(), fresh, now); err != nil {
			return err
		}
		return s.makeSchema(ctx, tx, spec.SchemaName)
	})
}

// Recreate makes the schema of a live tenant anew and empty, where it has vanished.
func (s *Store) Recreate(ctx context.Context, name string) error {
	return s.inTransaction(ctx, "recreate", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := registry.Lock(ctx, tx, name)
		if err != nil || tenant.State != registry.Live || tenant.SchemaExists {
			return err
		}
		if err := registry.SetVersion(ctx, tx, tenant.ID, s.Latest()); err != nil {
			return err
		}
		return s.makeSchema(ctx, tx, tenant.SchemaName)
	})
}

func (s *Store) makeSchema(ctx context.Context, tx pgx.Tx, name string) error {
	err := run(ctx, tx, "CREATE SCHEMA "+quote(name)+";\n"+inSchema(name, pending(s.tenant, 0)))
	switch {
	case postgres.Code(err) == postgres.CodeDuplicateSchema:
		return ErrSchemaExists
	case err != nil:
		return &MigrationError{From: 0, To: s.Latest(), Err: err}
	}
	migrationsApplied.Add(float64(s.Latest()))
	return nil
}
