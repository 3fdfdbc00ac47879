package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Suspend suspends the live tenant that was read, until it is updated: readers get 402. It returns ErrConflict if the row has
// changed since.
func (s *Store) Suspend(ctx context.Context, read Tenant) error {
	s.prefetched.take(read.Name)
	return s.inTransaction(ctx, "suspend", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE public.tenants SET suspend_at = '-infinity', updated_at = now()
			WHERE id = $1 AND state = `+LiveSQL+` AND updated_at = $2`, read.ID, read.UpdatedAt)
		if err != nil {
			return fmt.Errorf("suspend tenant %s: %w", read.Name, err)
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("suspend tenant %s: %w", read.Name, ErrConflict)
		}
		return notify(ctx, tx, read.ID)
	})
}
