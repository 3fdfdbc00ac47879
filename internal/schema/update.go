package schema

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/registry"
)

// Update makes the rows of a live tenant say what spec says. It returns *registry.TakenError, and changes nothing,
// when the primary host is not to be had.
func (s *Store) Update(ctx context.Context, spec registry.Spec, now time.Time) error {
	return s.inTransaction(ctx, "update", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		return registry.Update(ctx, tx, spec, s.clock(now))
	})
}
