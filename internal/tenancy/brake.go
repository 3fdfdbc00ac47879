package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// fewDeletions is how many tenants may end within an hour in any case, unless the Platform says otherwise.
	fewDeletions = 10
	// deletionShare is the part of the live tenants that may: one in twenty.
	deletionShare = 20
)

// brakeStart is when the hour begins whose deletions count, in SQL.
var brakeStart = beforeSQL(time.Hour)

// firstInHour says in SQL whether the first deletion that is recorded in the counter still counts.
var firstInHour = `(first_at > ` + brakeStart + ` AND first_at <= ` + later + `)`

// Brake bounds how many tenants end within an hour.
type Brake struct {
	// PerHour is the limit. 0: the larger of 10 and 5 % of the live tenants.
	PerHour int
	// Live is how many tenants are live, with the one that is to end.
	Live int
}

// HeldError is returned when a tenant is not ended because too many have ended within the last hour.
type HeldError struct {
	// Limit is how many may end within an hour.
	Limit int
}

// Error implements error.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%d tenants have ended within an hour, and no more may", e.Limit)
}

// limit returns the limit when a number of tenants have ended within the hour before.
func (b *Brake) limit(ended int) int {
	if b.PerHour > 0 {
		return b.PerHour
	}
	return max(fewDeletions, (b.Live+ended)/deletionShare)
}

// check returns *HeldError if another deletion would exceed the limit, without a lock. It saves the work of most of those that
// count would refuse. A nil brake checks nothing.
func (b *Brake) check(ctx context.Context, tx pgx.Tx, clock clock) error {
	if b == nil {
		return nil
	}
	var ended int
	err := tx.QueryRow(ctx, `SELECT CASE WHEN `+firstInHour+` THEN latest - first + 1 ELSE 0 END FROM public.deletion_counter`, clock.args(nil)).Scan(&ended)
	if err != nil {
		return fmt.Errorf("read how many tenants have ended: %w", err)
	}
	return b.allow(ended)
}

// allow returns *HeldError if a number of tenants have ended within the hour, and another one may not.
func (b *Brake) allow(ended int) error {
	if limit := b.limit(ended); ended >= limit {
		return &HeldError{limit}
	}
	return nil
}

// count counts the deletion that the transaction makes, or returns *HeldError if it exceeds the limit. The lock of the counter
// lasts until the transaction ends, so count is its last step. As numbers have no gaps, the first one of the hour says how many
// there are, without reading them all. A nil brake counts nothing.
func (b *Brake) count(ctx context.Context, tx pgx.Tx, clock clock) error {
	if b == nil {
		return nil
	}
	var latest, first int
	var inHour bool
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE public.deletion_counter SET latest = latest + 1 RETURNING latest, first, `+firstInHour, clock.args(nil)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&latest, &first, &inHour) })
	batch.Queue(`INSERT INTO public.counted_deletions (number, deleted_at) SELECT latest, `+later+` FROM public.deletion_counter`, clock.args(nil))
	err := tx.SendBatch(ctx, batch).Close()
	if err == nil && !inHour {
		first, err = forgetDeletions(ctx, tx, clock)
	}
	if err != nil {
		return fmt.Errorf("count the deletion: %w", err)
	}
	return b.allow(latest - first)
}

// forgetDeletions deletes the deletions from before the hour, and returns the number of the first one that is left. One in the
// future, because a clock was ahead, becomes one of now, so that it ends.
func forgetDeletions(ctx context.Context, tx pgx.Tx, clock clock) (first int, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.counted_deletions WHERE deleted_at <= `+brakeStart, clock.args(nil))
	batch.Queue(`UPDATE public.counted_deletions SET deleted_at = `+later+` WHERE deleted_at > `+later, clock.args(nil))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `UPDATE public.deletion_counter c SET first = left_over.number, first_at = left_over.deleted_at
		FROM (SELECT number, deleted_at FROM public.counted_deletions ORDER BY number LIMIT 1) left_over RETURNING c.first`).Scan(&first)
	return first, err
}
