// Package ratelimit limits how often a subject, such as a network address or an account, may attempt something. The
// counts are rows in the database, so that a limit holds across replicas and restarts.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Limit is how many attempts are allowed, and how long further ones are refused.
type Limit struct {
	// Kind identifies the limit in the database.
	Kind string
	// Free is the number of attempts within Window that are allowed without a wait.
	Free int
	// Window is the time after which counting starts over. Refused attempts are not counted.
	Window time.Duration
	// First is the wait after the last free attempt. It doubles with each further attempt, up to Longest. 0: until the end
	// of Window.
	First, Longest time.Duration
}

// ExceededError is returned for an attempt that a limit refuses.
type ExceededError struct {
	// Kind is the limit's.
	Kind string
	// Wait is the time until the next attempt is allowed.
	Wait time.Duration
}

func (e *ExceededError) Error() string {
	return fmt.Sprintf("rate limit %s exceeded: retry in %s", e.Kind, e.Wait)
}

// Attempt is an attempt that a limit counts.
type Attempt struct {
	Limit Limit
	// Subject is what the limit counts by, such as a network address.
	Subject string
}

// Take counts an attempt, or returns an *ExceededError. The count is locked while it is compared, so that concurrent
// attempts cannot exceed the limit.
func Take(ctx context.Context, db postgres.Beginner, limit Limit, subject string, now time.Time) error {
	return TakeAll(ctx, db, now, Attempt{limit, subject})
}

// TakeAll counts an attempt by several limits, or by none if one of them refuses it; then it returns an *ExceededError.
// Callers pass the same limits in the same order, so that their locks never wait for each other in a circle.
func TakeAll(ctx context.Context, db postgres.Beginner, now time.Time, attempts ...Attempt) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		for _, a := range attempts {
			if err := take(ctx, tx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
	var exceeded *ExceededError
	if err != nil && !errors.As(err, &exceeded) {
		return fmt.Errorf("count attempt: %w", err)
	}
	return err
}

func take(ctx context.Context, tx pgx.Tx, a Attempt, now time.Time) error {
	var (
		limit               = a.Limit
		count               int
		began, refusedUntil time.Time
	)
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO public.attempts (kind, subject, count, began_at, refused_until, expires_at) VALUES ($1, $2, 0, $3, $4, $3)
		ON CONFLICT DO NOTHING`, limit.Kind, a.Subject, now, now.Add(-limit.Window))
	batch.Queue(`SELECT count, began_at, refused_until FROM public.attempts WHERE kind = $1 AND subject = $2 FOR UPDATE`,
		limit.Kind, a.Subject).QueryRow(func(row pgx.Row) error { return row.Scan(&count, &began, &refusedUntil) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read %s: %w", limit.Kind, err)
	}
	if refusedUntil.After(now) {
		return &ExceededError{Kind: limit.Kind, Wait: refusedUntil.Sub(now)}
	}
	if !began.After(now.Add(-limit.Window)) {
		count, began = 0, now
	}
	count++
	refusedUntil = limit.refusedUntil(count, began, now)
	expires := began.Add(limit.Window)
	if refusedUntil.After(expires) {
		expires = refusedUntil
	}
	_, err := tx.Exec(ctx, `UPDATE public.attempts SET count = $3, began_at = $4, refused_until = $5, expires_at = $6
		WHERE kind = $1 AND subject = $2`, limit.Kind, a.Subject, count, began, refusedUntil, expires)
	if err != nil {
		return fmt.Errorf("update %s: %w", limit.Kind, err)
	}
	return nil
}

// refusedUntil returns when the attempt after the count-th is allowed.
func (l Limit) refusedUntil(count int, began, now time.Time) time.Time {
	switch {
	case count < l.Free:
		return now.Add(-l.Window) // clearly in the past: another replica's clock may be behind
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

// Refund uncounts one attempt, and with it the wait after the last free attempt.
func Refund(ctx context.Context, db postgres.Querier, limit Limit, subject string) error {
	_, err := db.Exec(ctx, `UPDATE public.attempts SET count = count - 1,
			refused_until = CASE WHEN count - 1 < $3 THEN began_at - make_interval(secs => $4) ELSE refused_until END
		WHERE kind = $1 AND subject = $2 AND count > 0`, limit.Kind, subject, limit.Free, limit.Window.Seconds())
	if err != nil {
		return fmt.Errorf("refund attempt %s: %w", limit.Kind, err)
	}
	return nil
}

// Reset deletes the count of a subject.
func Reset(ctx context.Context, db postgres.Querier, limit Limit, subject string) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.attempts WHERE kind = $1 AND subject = $2`, limit.Kind, subject); err != nil {
		return fmt.Errorf("reset attempts %s: %w", limit.Kind, err)
	}
	return nil
}

// Forget deletes every count of some subjects, and of subjects that Join has made with one of them as the first part.
func Forget(ctx context.Context, db postgres.Querier, subjects ...string) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.attempts WHERE split_part(subject, ' ', 1) = ANY ($1)`, subjects); err != nil {
		return fmt.Errorf("delete attempts: %w", err)
	}
	return nil
}

// Join returns the subject of a limit that counts by two things together, of which the second contains no space.
func Join(first, second string) string { return first + " " + second }

// DeleteExpired deletes the counts that no longer matter.
func DeleteExpired(ctx context.Context, db postgres.Querier, now time.Time) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.attempts WHERE expires_at <= $1`, now); err != nil {
		return fmt.Errorf("delete expired attempts: %w", err)
	}
	return nil
}
