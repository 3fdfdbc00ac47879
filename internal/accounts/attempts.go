package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Limit says how often something may be tried, and how long one then waits.
type Limit struct {
	// Kind tells limits apart in the database.
	Kind string
	// Free is how many attempts within Window go through.
	Free int
	// Window is after how long the count begins anew. What is refused is not counted.
	Window time.Duration
	// First is how long the first refusal lasts; each further one lasts twice as long, up to Longest. 0: until Window is
	// over.
	First, Longest time.Duration
}

// Attempt counts an attempt by subject, an address or an account, and returns 0 when it may go on; otherwise how long
// to wait. Counts are the database's, so that they hold across replicas and restarts.
func Attempt(ctx context.Context, db Querier, limit Limit, subject string, now time.Time) (time.Duration, error) {
	var (
		count               int
		began, refusedUntil time.Time
	)
	// A new count refuses nothing from long ago on: another attempt, of a moment before this one, may be counted after it.
	err := db.QueryRow(ctx, `INSERT INTO public.attempts AS a (kind, subject, count, began_at, refused_until)
		VALUES ($1, $2, 1, $3, $4)
		ON CONFLICT (kind, subject) DO UPDATE SET
			count = CASE WHEN a.refused_until > $3 THEN a.count WHEN a.began_at <= $4 THEN 1 ELSE a.count + 1 END,
			began_at = CASE WHEN a.refused_until <= $3 AND a.began_at <= $4 THEN $3 ELSE a.began_at END
		RETURNING count, began_at, refused_until`, limit.Kind, subject, now, now.Add(-limit.Window)).Scan(&count, &began, &refusedUntil)
	switch {
	case err != nil:
		return 0, fmt.Errorf("count an attempt of kind %s: %w", limit.Kind, err)
	case refusedUntil.After(now):
		return refusedUntil.Sub(now), nil
	case count <= limit.Free:
		return 0, nil
	}
	wait := limit.wait(count, began, now)
	_, err = db.Exec(ctx, `UPDATE public.attempts SET refused_until = $3 WHERE kind = $1 AND subject = $2`, limit.Kind, subject, now.Add(wait))
	if err != nil {
		return 0, fmt.Errorf("refuse attempts of kind %s: %w", limit.Kind, err)
	}
	return wait, nil
}

func (l Limit) wait(count int, began, now time.Time) time.Duration {
	if l.First == 0 {
		return max(began.Add(l.Window).Sub(now), time.Second)
	}
	wait := l.First
	for range count - l.Free - 1 {
		if wait *= 2; wait >= l.Longest {
			return l.Longest
		}
	}
	return wait
}

// Forgive forgets the attempts of subject: the last one was right.
func Forgive(ctx context.Context, db Querier, limit Limit, subject string) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.attempts WHERE kind = $1 AND subject = $2`, limit.Kind, subject); err != nil {
		return fmt.Errorf("forgive attempts of kind %s: %w", limit.Kind, err)
	}
	return nil
}

// Uncount takes back one attempt that does not count after all: what was tried failed for another reason.
func Uncount(ctx context.Context, db Querier, limit Limit, subject string) error {
	_, err := db.Exec(ctx, `UPDATE public.attempts SET count = count - 1 WHERE kind = $1 AND subject = $2 AND count > 0`, limit.Kind, subject)
	if err != nil {
		return fmt.Errorf("take back an attempt of kind %s: %w", limit.Kind, err)
	}
	return nil
}

// DeleteOldAttempts deletes counts that nothing depends on any more, given the longest window that is in use.
func DeleteOldAttempts(ctx context.Context, db Querier, longest time.Duration, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.attempts WHERE began_at <= $1 AND refused_until <= $2`, now.Add(-longest), now)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("delete old attempts: %w", err)
	}
	return nil
}
