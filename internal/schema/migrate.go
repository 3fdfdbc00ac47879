package schema

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/registry"
)

// Migrate applies all pending migrations to a live tenant's schema, in one transaction under an advisory lock for
// that schema, and returns the version it had before. It returns ErrNewer, and does nothing, when the schema is ahead.
func (s *Store) Migrate(ctx context.Context, name, schemaName string) (before int32, err error) {
	err = s.inTransaction(ctx, "migrate", migrationTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('echoblogs:schema:' || $1, 0))`, schemaName); err != nil {
			return err
		}
		tenant, err := registry.Find(ctx, tx, name)
		if err != nil {
			return err
		}
		before = tenant.SchemaVersion
		switch {
		case before > s.Latest():
			return ErrNewer
		case before == s.Latest() || tenant.State != registry.Live:
			return nil
		}
		if err := run(ctx, tx, inSchema(tenant.SchemaName, pending(s.tenant, before))); err != nil {
			return &MigrationError{From: before, To: s.Latest(), Err: err}
		}
		return registry.SetVersion(ctx, tx, tenant.ID, s.Latest())
	})
	if err == nil && before < s.Latest() {
		migrationsApplied.Add(float64(s.Latest() - before))
	}
	return before, err
}
