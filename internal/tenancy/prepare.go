package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Prepare creates the database roles where it may, applies pending migrations of the public tables, and checks that no
// migration, public or of tenants, was edited after it was applied. It runs at first contact with a database, in several
// programs at once if need be.
func (s *Store) Prepare(ctx context.Context) error {
	if err := postgres.EnsureRoles(ctx, s.pool); err != nil {
		return err
	}
	return s.inTransaction(ctx, "prepare", migrationTimeout, func(ctx context.Context, tx pgx.Tx) error {
		err := run(ctx, tx, `SELECT pg_advisory_xact_lock(hashtextextended('echoblogs:public', 0));
			CREATE TABLE IF NOT EXISTS public.schema_migrations (
				scope      text NOT NULL CHECK (scope IN ('public', 'tenant')),
				version    integer NOT NULL,
				name       text NOT NULL,
				checksum   text NOT NULL,
				applied_at timestamptz NOT NULL DEFAULT now(),
				PRIMARY KEY (scope, version)
			)`)
		if err != nil {
			return fmt.Errorf("create the table of migrations: %w", err)
		}
		applied, err := recordedVersion(ctx, tx, "public", s.public)
		if err != nil {
			return err
		}
		if sql := pending(s.public, applied); sql != "" {
			if err := run(ctx, tx, sql); err != nil {
				return &MigrationError{From: applied, To: int32(len(s.public)), Err: err}
			}
		}
		known, err := recordedVersion(ctx, tx, "tenant", s.tenant)
		if err != nil {
			return err
		}
		if err := record(ctx, tx, "public", s.public, applied); err != nil {
			return err
		}
		return record(ctx, tx, "tenant", s.tenant, known)
	})
}

// recordedVersion returns the number of the last migration that the database has a record of, and an error when one of
// them differs from ours.
func recordedVersion(ctx context.Context, tx pgx.Tx, scope string, ours []Migration) (int32, error) {
	rows, err := tx.Query(ctx, `SELECT version, name, checksum FROM public.schema_migrations WHERE scope = $1 ORDER BY version`, scope)
	if err != nil {
		return 0, fmt.Errorf("read the record of migrations: %w", err)
	}
	recorded, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Migration, error) {
		var m Migration
		return m, row.Scan(&m.Version, &m.Name, &m.Checksum)
	})
	if err != nil {
		return 0, fmt.Errorf("read the record of migrations: %w", err)
	}
	for _, m := range recorded {
		if int(m.Version) <= len(ours) && ours[m.Version-1].Checksum != m.Checksum {
			return 0, &EditedError{Scope: scope, Name: ours[m.Version-1].Name}
		}
	}
	return int32(len(recorded)), nil
}

// EditedError says that a migration was edited after it was applied.
type EditedError struct{ Scope, Name string }

func (e *EditedError) Error() string {
	return fmt.Sprintf("the %s migration %s was edited after it was applied: restore the file and make the change in a new one", e.Scope, e.Name)
}

func record(ctx context.Context, tx pgx.Tx, scope string, ours []Migration, after int32) error {
	batch := &pgx.Batch{}
	for _, m := range ours {
		if m.Version > after {
			batch.Queue(`INSERT INTO public.schema_migrations (scope, version, name, checksum) VALUES ($1, $2, $3, $4)`,
				scope, m.Version, m.Name, m.Checksum)
		}
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("record the %s migrations: %w", scope, err)
	}
	return nil
}
