package ratelimit_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var start = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// take returns the wait of an attempt, 0 if it is allowed.
func take(t *testing.T, db *pgxpool.Pool, limit ratelimit.Limit, subject string, now time.Time) time.Duration {
	t.Helper()
	err := ratelimit.Take(t.Context(), db, limit, subject, now)
	var exceeded *ratelimit.ExceededError
	if errors.As(err, &exceeded) {
		if exceeded.Kind != limit.Kind {
			t.Errorf("the error is about limit %s, want %s", exceeded.Kind, limit.Kind)
		}
		return exceeded.Wait
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// Each step is an attempt at a time after the first one, and the wait that it gets.
func TestTake(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	type step struct{ at, wait time.Duration }
	for name, c := range map[string]struct {
		limit ratelimit.Limit
		steps []step
	}{
		"a window": {
			limit: ratelimit.Limit{Free: 2, Window: time.Hour},
			steps: []step{
				{at: 0}, {at: 10 * time.Minute}, {at: 20 * time.Minute, wait: 40 * time.Minute}, {at: 59 * time.Minute, wait: time.Minute},
				{at: time.Hour}, {at: time.Hour}, {at: 90 * time.Minute, wait: 30 * time.Minute},
			},
		},
		"a window that starts with the first attempt": {
			limit: ratelimit.Limit{Free: 2, Window: time.Hour},
			steps: []step{{at: 0}, {at: 61 * time.Minute}, {at: 62 * time.Minute}, {at: 63 * time.Minute, wait: 58 * time.Minute}},
		},
		"waits that double": {
			limit: ratelimit.Limit{Free: 2, Window: 24 * time.Hour, First: 10 * time.Minute, Longest: 35 * time.Minute},
			steps: []step{
				{at: 0}, {at: 0}, {at: time.Minute, wait: 9 * time.Minute},
				{at: 10 * time.Minute}, {at: 10 * time.Minute, wait: 20 * time.Minute},
				{at: 30 * time.Minute}, {at: 30 * time.Minute, wait: 35 * time.Minute},
				{at: 65 * time.Minute}, {at: 65 * time.Minute, wait: 35 * time.Minute},
				{at: 24 * time.Hour}, {at: 24 * time.Hour}, {at: 24 * time.Hour, wait: 10 * time.Minute},
			},
		},
		"a clock that is behind": {
			limit: ratelimit.Limit{Free: 3, Window: time.Hour},
			steps: []step{{at: time.Second}, {at: 0}, {at: 0}, {at: 0, wait: time.Hour + time.Second}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.limit.Kind = name
			for i, s := range c.steps {
				if got := take(t, db, c.limit, "alice", start.Add(s.at)); got != s.wait {
					t.Fatalf("attempt %d, after %s: wait %s, want %s", i+1, s.at, got, s.wait)
				}
			}
		})
	}
}

func TestSubjectsAndKindsAreSeparate(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	logins, resets := ratelimit.Limit{Kind: "login", Free: 1, Window: time.Hour}, ratelimit.Limit{Kind: "reset", Free: 1, Window: time.Hour}
	for _, limit := range []ratelimit.Limit{logins, resets} {
		for _, subject := range []string{"alice", "bob"} {
			if wait := take(t, db, limit, subject, start); wait != 0 {
				t.Errorf("%s by %s has to wait %s", limit.Kind, subject, wait)
			}
		}
	}
	if wait := take(t, db, logins, "alice", start); wait != time.Hour {
		t.Errorf("the second login has to wait %s, want an hour", wait)
	}
}

func TestConcurrentAttempts(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	limit := ratelimit.Limit{Kind: "login", Free: 5, Window: time.Hour}
	var allowed, refused atomic.Int32
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			err := ratelimit.Take(t.Context(), db, limit, "alice", start)
			var exceeded *ratelimit.ExceededError
			switch {
			case err == nil:
				allowed.Add(1)
			case errors.As(err, &exceeded):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	running.Wait()
	if allowed.Load() != 5 || refused.Load() != 45 {
		t.Errorf("%d attempts were allowed and %d refused, want 5 and 45", allowed.Load(), refused.Load())
	}
}

func TestRefund(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	refund := func(limit ratelimit.Limit) {
		t.Helper()
		if err := ratelimit.Refund(t.Context(), db, limit, "alice"); err != nil {
			t.Fatal(err)
		}
	}
	window := ratelimit.Limit{Kind: "window", Free: 2, Window: 3 * time.Hour}
	refund(window) // without an attempt it changes nothing
	take(t, db, window, "alice", start)
	take(t, db, window, "alice", start)
	refund(window)
	if wait := take(t, db, window, "alice", start); wait != 0 {
		t.Errorf("the refunded attempt has to wait %s", wait)
	}
	if wait := take(t, db, window, "alice", start); wait != 3*time.Hour {
		t.Errorf("the attempt after it has to wait %s, want 3 h", wait)
	}

	doubling := ratelimit.Limit{Kind: "doubling", Free: 1, Window: 3 * time.Hour, First: time.Minute, Longest: time.Hour}
	take(t, db, doubling, "alice", start)
	take(t, db, doubling, "alice", start.Add(time.Minute))
	refund(doubling)
	if wait := take(t, db, doubling, "alice", start.Add(time.Minute)); wait != 2*time.Minute {
		t.Errorf("beyond the free attempts a refund leaves a wait of %s, want 2 min", wait)
	}
}

func TestResetAndForget(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	logins, resets := ratelimit.Limit{Kind: "login", Free: 1, Window: time.Hour}, ratelimit.Limit{Kind: "reset", Free: 1, Window: time.Hour}
	exhaust := func() {
		for _, limit := range []ratelimit.Limit{logins, resets} {
			for _, subject := range []string{"alice", "bob"} {
				take(t, db, limit, subject, start)
			}
		}
	}
	check := func(limit ratelimit.Limit, subject string, want time.Duration) {
		t.Helper()
		if wait := take(t, db, limit, subject, start); wait != want {
			t.Errorf("%s by %s has to wait %s, want %s", limit.Kind, subject, wait, want)
		}
	}
	exhaust()
	if err := ratelimit.Reset(t.Context(), db, logins, "alice"); err != nil {
		t.Fatal(err)
	}
	check(logins, "alice", 0)
	check(resets, "alice", time.Hour)
	check(logins, "bob", time.Hour)

	exhaust()
	if err := ratelimit.Forget(t.Context(), db, "alice", "carol"); err != nil {
		t.Fatal(err)
	}
	check(logins, "alice", 0)
	check(resets, "alice", 0)
	check(logins, "bob", time.Hour)
}

func TestDeleteExpired(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	short := ratelimit.Limit{Kind: "short", Free: 5, Window: time.Hour}
	long := ratelimit.Limit{Kind: "long", Free: 1, Window: time.Hour, First: 3 * time.Hour, Longest: 3 * time.Hour}
	take(t, db, short, "alice", start)
	take(t, db, long, "alice", start)
	for _, c := range []struct {
		after time.Duration
		left  int
	}{{time.Hour - time.Second, 2}, {time.Hour, 1}, {3*time.Hour - time.Second, 1}, {3 * time.Hour, 0}} {
		if err := ratelimit.DeleteExpired(t.Context(), db, start.Add(c.after)); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM public.attempts`).Scan(&left); err != nil || left != c.left {
			t.Errorf("after %s %d counts are left (%v), want %d", c.after, left, err, c.left)
		}
	}
}
