package schema

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/registry"
)

// Update makes the rows of a live tenant say what spec says, where they are still as they were read: updatedAt is the
// row's. It changes nothing when it returns registry.ErrRace because they are not, or *registry.TakenError because the
// primary host is not to be had.
func (s *Store) Update(ctx context.Context, spec registry.Spec, updatedAt, now time.Time) error {
	return s.inTransaction(ctx, "update", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		return registry.Update(ctx, tx, spec, updatedAt, s.clock(now))
	})
}
