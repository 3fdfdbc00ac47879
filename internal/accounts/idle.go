package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Idle is a user who has not confirmed an address, and has not written.
type Idle struct {
	// ID and Username are the user's.
	ID       int64
	Username string
}

// ListIdle returns authors whose accounts have lasted as long as unconfirmed ones do, who never wrote, and of whom
// nothing is kept that could be restored, by their ids, which are beyond after.
func ListIdle(ctx context.Context, db Querier, after int64, limit int, now time.Time) ([]Idle, error) {
	rows, err := db.Query(ctx, `SELECT u.id, u.username FROM public.users u
		WHERE u.confirmed_at IS NULL AND u.created_at <= $1 AND u.id > $2 AND u.role = 'author' AND u.state = 'active'
		AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username
			AND (t.state IN ('tombstone', 'superseded') OR EXISTS (SELECT FROM public.first_posts f WHERE f.tenant_id = t.id)))
		ORDER BY u.id LIMIT $3`, now.Add(-UnconfirmedLife), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list unconfirmed accounts: %w", err)
	}
	idle, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Idle])
	if err != nil {
		return nil, fmt.Errorf("list unconfirmed accounts: %w", err)
	}
	return idle, nil
}

// DeleteIdle deletes a user, unless the address was confirmed by now. One who is gone already is no error.
func DeleteIdle(ctx context.Context, db Querier, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.users WHERE id = $1 AND confirmed_at IS NULL`, id); err != nil {
		return fmt.Errorf("delete the unconfirmed user %d: %w", id, err)
	}
	return nil
}
