package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// MigrationError says that the statements of migrations failed and were rolled back.
type MigrationError struct {
	// From and To are the versions of the schema before and after.
	From, To int32
	// Err is the database's error.
	Err error
}

func (e *MigrationError) Error() string {
	return fmt.Sprintf("migrate from version %d to %d: %v", e.From, e.To, e.Err)
}

// Unwrap returns the database's error.
func (e *MigrationError) Unwrap() error { return e.Err }

// Migrate applies all pending migrations to a live tenant's schema, in one transaction under an advisory lock for that
// schema, and returns the version it had before. It returns ErrNewer, and changes nothing, when the schema is ahead.
func (s *Store) Migrate(ctx context.Context, name, schemaName string) (before int32, err error) {
	err = s.inTransaction(ctx, "migrate", migrationTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('echoblogs:schema:' || $1, 0))`, schemaName); err != nil {
			return err
		}
		tenant, err := Reader{tx}.Find(ctx, name)
		if err != nil {
			return err
		}
		before = tenant.SchemaVersion
		switch {
		case before > s.Latest():
			return ErrNewer
		case before == s.Latest() || tenant.State != StateLive:
			return nil
		}
		if err := run(ctx, tx, inSchema(tenant.SchemaName, pending(s.tenant, before))); err != nil {
			return &MigrationError{From: before, To: s.Latest(), Err: err}
		}
		return setVersion(ctx, tx, tenant.ID, s.Latest())
	})
	if err == nil && before < s.Latest() {
		migrationsApplied.Add(float64(s.Latest() - before))
	}
	return before, err
}

// setVersion records the version of a tenant's schema.
func setVersion(ctx context.Context, tx pgx.Tx, id int64, version int32) error {
	_, err := tx.Exec(ctx, `UPDATE public.tenants SET schema_version = $2, updated_at = now() WHERE id = $1`, id, version)
	if err != nil {
		return fmt.Errorf("record version %d of tenant %d: %w", version, id, err)
	}
	return nil
}

// inSchema returns the statements that apply migrations to one schema, with the blog's privileges on its tables.
func inSchema(name, statements string) string {
	schema := quote(name)
	return lockTimeout + "SET LOCAL search_path = " + schema + ";\n" + statements +
		"GRANT USAGE ON SCHEMA " + schema + " TO " + postgres.BlogRole + ";\n" +
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + postgres.BlogRole
}
