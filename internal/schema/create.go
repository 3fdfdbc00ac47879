package schema

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// CreateOptions say what else may be there when a tenant is made. The zero value: nothing.
type CreateOptions struct {
	// Fresh sets a tombstone of that name aside.
	Fresh bool
	// Adopt takes a schema over that is there, in the version AdoptVersion; whatever else it holds stays in it.
	Adopt bool
	// AdoptVersion is the number of the last migration that the adopted schema has. 0: none.
	AdoptVersion int32
}

// Create makes a tenant: its rows, its schema with all migrations, and the grants, in one transaction of four round
// trips. It returns *registry.TakenError when a name is not to be had, ErrSchemaExists when the schema is there and not
// to be adopted, and ErrNewer when it is to be and is ahead.
func (s *Store) Create(ctx context.Context, spec registry.Spec, o CreateOptions, now time.Time) error {
	if o.AdoptVersion > s.Latest() {
		return ErrNewer
	}
	return s.inTransaction(ctx, "create", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if s.serial {
			if err := run(ctx, tx, `SELECT pg_advisory_xact_lock(hashtextextended('echoblogs:create', 0))`); err != nil {
				return err
			}
		}
		if _, err := registry.Insert(ctx, tx, spec, s.Latest(), o.Fresh, s.clock(now)); err != nil {
			return err
		}
		if o.Adopt {
			return s.adoptSchema(ctx, tx, spec.SchemaName, o.AdoptVersion)
		}
		return s.makeSchema(ctx, tx, spec.SchemaName)
	})
}

// adoptSchema brings a schema that is there up to date, and makes it where it is not.
func (s *Store) adoptSchema(ctx context.Context, tx pgx.Tx, name string, version int32) error {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for schema %s: %w", name, err)
	}
	if !exists {
		return s.makeSchema(ctx, tx, name)
	}
	if err := run(ctx, tx, inSchema(name, pending(s.tenant, version))); err != nil {
		return &MigrationError{From: version, To: s.Latest(), Err: err}
	}
	migrationsApplied.Add(float64(s.Latest() - version))
	return nil
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
