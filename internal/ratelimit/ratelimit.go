// Package ratelimit bounds how often a subject, such as an address or an account, may try something, across replicas and
// restarts: the counts are rows of the database.
package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Limit says how often something may be tried, and how long one then waits.
type Limit struct {
	// Kind tells limits apart in the database.
	Kind string
	// Free is how many attempts within Window go through without a wait.
	Free int
	// Window is after how long the count begins anew. What is refused is not counted.
	Window time.Duration
	// First is how long one waits after the last free attempt; after each further one it is twice as long, up to
	// Longest. 0: until Window is over.
	First, Longest time.Duration
}

// Take counts an attempt by subject, an address or an account, and returns 0 when it may go on; otherwise how long
// to wait. Counts are the database's, so that they hold across replicas and restarts, and each is locked while it is
// looked at, so that many attempts at once are no way around it.
func Take(ctx context.Context, db postgres.Beginner, limit Limit, subject string, now time.Time) (wait time.Duration, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var (
			count               int
			began, refusedUntil time.Time
		)
		batch := &pgx.Batch{}
		batch.Queue(`INSERT INTO public.attempts (kind, subject, count, began_at, refused_until) VALUES ($1, $2, 0, $3, $4)
			ON CONFLICT DO NOTHING`, limit.Kind, subject, now, now.Add(-limit.Window))
		batch.Queue(`SELECT count, began_at, refused_until FROM public.attempts WHERE kind = $1 AND subject = $2 FOR UPDATE`,
			limit.Kind, subject).QueryRow(func(row pgx.Row) error { return row.Scan(&count, &began, &refusedUntil) })
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if refusedUntil.After(now) {
			wait = refusedUntil.Sub(now)
			return nil
		}
		if !began.After(now.Add(-limit.Window)) {
			count, began = 0, now
		}
		count++
		_, err := tx.Exec(ctx, `UPDATE public.attempts SET count = $3, began_at = $4, refused_until = $5 WHERE kind = $1 AND subject = $2`,
			limit.Kind, subject, count, began, limit.refusedUntil(count, began, now))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count an attempt of kind %s: %w", limit.Kind, err)
	}
	return wait, nil
}

// refusedUntil returns until when the next attempt is refused, after so many of them.
func (l Limit) refusedUntil(count int, began, now time.Time) time.Time {
	switch {
	case count < l.Free:
		return now.Add(-l.Window) // not at all: another one, of a moment before this one, may be counted after it
	case l.First == 0:
		return began.Add(l.Window)
	}
	wait := l.First
	for range count - l.Free {
		if wait *= 2; wait >= l.Longest {
			return now.Add(l.Longest)
		}
	}
	return now.Add(wait)
}

// Reset forgets the attempts of subject: the last one was right.
func Reset(ctx context.Context, db postgres.Querier, limit Limit, subject string) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.attempts WHERE kind = $1 AND subject = $2`, limit.Kind, subject); err != nil {
		return fmt.Errorf("forgive attempts of kind %s: %w", limit.Kind, err)
	}
	return nil
}

// Refund takes back one attempt that does not count after all, and with it the wait that it has brought, where it was
// the last free one.
func Refund(ctx context.Context, db postgres.Querier, limit Limit, subject string) error {
	_, err := db.Exec(ctx, `UPDATE public.attempts SET count = count - 1,
			refused_until = CASE WHEN count - 1 < $3 THEN began_at - interval '1 hour' ELSE refused_until END
		WHERE kind = $1 AND subject = $2 AND count > 0`, limit.Kind, subject, limit.Free)
	if err != nil {
		return fmt.Errorf("take back an attempt of kind %s: %w", limit.Kind, err)
	}
	return nil
}

// DeleteExpired deletes counts that nothing depends on any more, given the longest window that is in use.
func DeleteExpired(ctx context.Context, db postgres.Querier, longest time.Duration, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.attempts WHERE began_at <= $1 AND refused_until <= $2`, now.Add(-longest), now)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("delete old attempts: %w", err)
	}
	return nil
}
