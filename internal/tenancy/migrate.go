package tenancy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application"
)

// MigrationError says that the statements of migrations failed and were rolled back.
type MigrationError struct {
	// From and To are the versions of the schema before and after. From is empty for a schema without migrations.
	From, To string
	// Statement is the statement that failed: its file and its place there. Empty: it is in no file.
	Statement string
	// Err is the database's error.
	Err error
}

// newMigrationError returns the error of migrations that were sent after other statements.
func newMigrationError(from, to string, migrations application.Migrations, before int, err error) error {
	failed := &MigrationError{From: from, To: to, Err: err}
	var statement *statementError
	if errors.As(err, &statement) && statement.index >= before {
		failed.Statement = migrations.Origin(statement.index - before)
	}
	return failed
}

func (e *MigrationError) Error() string {
	return fmt.Sprintf("migrate from version %q to %q: %s: %v", e.From, e.To, cmp.Or(e.Statement, "a statement of the operator"), e.Err)
}

// Unwrap returns the database's error.
func (e *MigrationError) Unwrap() error { return e.Err }

// Migrate applies all pending migrations to a live tenant's schema, in one transaction that holds the tenant's row, and
// returns the version it had before. It returns ErrNewer, and changes nothing, if the schema is ahead, and
// *DefectsError if the schema or one of its tables belongs to another role.
func (s *Store) Migrate(ctx context.Context, name, schemaName string) (before string, err error) {
	err = s.inTransaction(ctx, "migrate", migrationTimeout, func(ctx context.Context, tx pgx.Tx) error {
		// A save refers to the row, and need not wait.
		if _, err := tx.Exec(ctx, `SELECT FROM public.tenants WHERE name = $1 AND state = `+LiveSQL+` FOR NO KEY UPDATE`, name); err != nil {
			return fmt.Errorf("lock tenant %s: %w", name, err)
		}
		tenant, err := Reader{tx}.Find(ctx, name)
		if err != nil {
			return err
		}
		before = tenant.SchemaVersion
		switch order := s.app.Compare(before, s.app.Latest()); {
		case order > 0:
			return ErrNewer
		case order == 0 || tenant.State != StateLive:
			return nil
		}
		if err := s.applyPending(ctx, tx, tenant.SchemaName, before, s.accessSQL(tenant.SchemaName)...); err != nil {
			return err
		}
		return setVersion(ctx, tx, tenant.ID, s.app.Latest())
	})
	return before, s.explainDenied(ctx, schemaName, s.app.Grants, err)
}

// applyPending applies the migrations that a schema at a version lacks, and then runs further statements.
func (s *Store) applyPending(ctx context.Context, tx pgx.Tx, schemaName, version string, further ...string) error {
	pending := s.app.Pending(version)
	before := inSchema(schemaName)
	if err := run(ctx, tx, slices.Concat(before, pending.Statements(), further)...); err != nil {
		return newMigrationError(version, s.app.Latest(), pending, len(before), err)
	}
	migrationsApplied.Add(float64(len(pending)))
	return nil
}

// setVersion records the version of a tenant's schema.
func setVersion(ctx context.Context, tx pgx.Tx, id int64, version string) error {
	_, err := tx.Exec(ctx, `UPDATE public.tenants SET schema_version = $2, updated_at = now() WHERE id = $1`, id, version)
	if err != nil {
		return fmt.Errorf("record version %s of tenant %d: %w", version, id, err)
	}
	return nil
}

// inSchema returns the statements that precede migrations, in whose statements names have no schema.
func inSchema(name string) []string {
	return []string{lockTimeout, "SET LOCAL search_path = " + quote(name)}
}
