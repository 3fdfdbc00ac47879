package tenancy

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

//go:embed migrations/*.sql
var migrations embed.FS

// scope says where migrations are applied.
type scope string

const (
	scopePublic scope = "public"
	scopeTenant scope = "tenant"
)

// roles returns the database roles of all programs.
func (o Options) roles() []string {
	return o.RolePrefix.Roles(append(o.Application.Programs(), postgres.Operator, postgres.Portal)...)
}

// Prepare creates the database roles if it may, applies pending migrations of the tables in public, grants the programs
// exactly their privileges on them, and checks that no migration was edited after it was applied. It runs when a program first
// connects to a database; several programs may run it at once. It returns *InUseError, and changes nothing, if the database
// serves another Platform.
func (s *Store) Prepare(ctx context.Context) error {
	installation, err := s.Installation(ctx)
	isNew := errors.Is(err, ErrNotFound) || postgres.Code(err) == postgres.CodeUndefinedTable
	switch {
	case isNew:
	case err != nil:
		return err
	case installation.NamespaceUID != s.options.NamespaceUID:
		return s.options.inUse(installation)
	}
	if err := postgres.EnsureRoles(ctx, s.pool, s.options.RolePrefix, s.app.Programs()); err != nil {
		return err
	}
	if err := s.createRecord(ctx); err != nil {
		return err
	}
	return s.transact(ctx, "prepare", migrationTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if !isNew {
			if err := s.fence(ctx, tx); err != nil {
				return err
			}
		}
		if err := lockRecord(ctx, tx); err != nil {
			return err
		}
		for _, set := range s.options.sets() {
			pending, err := unrecorded(ctx, tx, scopePublic, set)
			if err != nil {
				return err
			}
			if len(pending) == 0 {
				continue
			}
			if err := run(ctx, tx, pending.Statements()...); err != nil {
				return newMigrationError(precedingVersion(set, pending), set.Latest(), pending, 0, err)
			}
			if err := record(ctx, tx, scopePublic, set.Name, pending); err != nil {
				return err
			}
		}
		if err := s.options.grantPublic(ctx, tx); err != nil {
			return err
		}
		pending, err := unrecorded(ctx, tx, scopeTenant, application.Set{Name: s.app.Name, Migrations: s.app.Migrations})
		if err != nil {
			return err
		}
		return record(ctx, tx, scopeTenant, s.app.Name, pending)
	})
}

// createRecord creates the table of applied migrations. Several programs may do so at once.
func (s *Store) createRecord(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS public.schema_migrations (
		scope       text NOT NULL CHECK (scope IN ('public', 'tenant')),
		application text NOT NULL,
		version     text NOT NULL,
		name        text NOT NULL,
		checksum    text NOT NULL,
		applied_at  timestamptz NOT NULL DEFAULT now(),
		PRIMARY KEY (scope, application, version)
	)`)
	switch postgres.Code(err) {
	case postgres.CodeUniqueViolation, postgres.CodeDuplicateTable: // another program has just created it
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the table of migrations: %w", err)
	}
	return nil
}

// lockRecord waits until no other transaction changes tables in public or, on Citus, creates a tenant. It locks a table on
// which other roles have no privilege: anyone may hold an advisory lock.
func lockRecord(ctx context.Context, tx pgx.Tx) error {
	if err := run(ctx, tx, `LOCK TABLE public.schema_migrations IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("lock the table of migrations: %w", err)
	}
	return nil
}

// precedingVersion returns the version that precedes pending migrations.
func precedingVersion(set application.Set, pending application.Migrations) string {
	return set.Migrations[:len(set.Migrations)-len(pending)].Latest()
}

// unrecorded returns the migrations of a set that the database has no record of. It returns an *EditedError if a recorded
// one differs from ours.
func unrecorded(ctx context.Context, tx pgx.Tx, scope scope, ours application.Set) (application.Migrations, error) {
	rows, err := tx.Query(ctx, `SELECT version, checksum FROM public.schema_migrations WHERE scope = $1 AND application = $2`, scope, ours.Name)
	if err != nil {
		return nil, fmt.Errorf("read the record of migrations: %w", err)
	}
	recorded := map[string]string{}
	var version, checksum string
	if _, err := pgx.ForEachRow(rows, []any{&version, &checksum}, func() error {
		recorded[version] = checksum
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the record of migrations: %w", err)
	}
	for _, m := range ours.Migrations {
		if checksum, found := recorded[m.Version]; found && checksum != m.Checksum {
			return nil, &EditedError{Application: ours.Name, Name: m.Name}
		}
	}
	first := slices.IndexFunc(ours.Migrations, func(m application.Migration) bool { return recorded[m.Version] == "" })
	if first < 0 {
		return nil, nil
	}
	return ours.Migrations[first:], nil
}

// EditedError says that a migration was edited after it was applied.
type EditedError struct {
	// Application is the name of the application or of the set of public tables.
	Application string
	// Name is the name of the file.
	Name string
}

func (e *EditedError) Error() string {
	return fmt.Sprintf("the migration %s of %q was edited after it was applied: restore the file and put the change in a new one", e.Name, e.Application)
}

func record(ctx context.Context, tx pgx.Tx, scope scope, name string, applied application.Migrations) error {
	batch := &pgx.Batch{}
	for _, m := range applied {
		batch.Queue(`INSERT INTO public.schema_migrations (scope, application, version, name, checksum) VALUES ($1, $2, $3, $4, $5)`,
			scope, name, m.Version, m.Name, m.Checksum)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("record the migrations of %s: %w", name, err)
	}
	return nil
}
