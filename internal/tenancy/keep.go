package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Keep marks the live tenant that was read as kept: its Tenant is removed and will be created again. It returns ErrConflict if
// the row has changed since.
func (s *Store) Keep(ctx context.Context, read Tenant, now time.Time) error {
	s.prefetched.take(read.Name)
	return s.inTransaction(ctx, "keep", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE public.tenants SET kept_at = `+later+`, updated_at = now()
			WHERE id = @id AND state = `+LiveSQL+` AND updated_at = @updated_at`, s.clock(now).args(pgx.NamedArgs{"id": read.ID, "updated_at": read.UpdatedAt}))
		switch {
		case err != nil:
			return fmt.Errorf("keep tenant %s: %w", read.Name, err)
		case tag.RowsAffected() == 0:
			return fmt.Errorf("keep tenant %s: %w", read.Name, ErrConflict)
		}
		return nil
	})
}
