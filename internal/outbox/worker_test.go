package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/outbox"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	got := make(chan outbox.Message, 1)
	worker, _ := q.run(func(_ context.Context, m outbox.Message) error {
		got <- m
		return nil
	})
	m := outbox.Message{Kind: "test", Subject: "alice", Payload: json.RawMessage(`{"day": "2027-01-10"}`), CreatedAt: start}
	// Nothing is sent of a transaction that is rolled back.
	err := pgx.BeginFunc(t.Context(), q.db, func(tx pgx.Tx) error {
		return errors.Join(outbox.Enqueue(t.Context(), tx, m), errors.New("roll back"))
	})
	if err == nil {
		t.Fatal("the transaction was committed")
	}
	if err := outbox.Enqueue(t.Context(), q.db, m); err != nil {
		t.Fatal(err)
	}
	delivered := <-got
	m.ID, m.Attempts, delivered.CreatedAt = delivered.ID, 1, delivered.CreatedAt.UTC()
	if diff := cmp.Diff(m, delivered); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	q.wait()
	if n := count(worker, "delivered"); n != 1 {
		t.Errorf("%v deliveries were counted", n)
	}
}

// Wake makes a delivery prompt even when the next poll is far away.
func TestWake(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	looked := make(chan struct{}, 10)
	worker, _ := q.run(func(context.Context, outbox.Message) error { return nil }, func(o *outbox.Options) {
		o.PollInterval = time.Hour
		o.Concurrency = 2
		o.Ready = func(context.Context) bool {
			looked <- struct{}{}
			return true
		}
	})
	<-looked
	for range 7 { // more than are delivered at once
		q.enqueue(`{}`)
	}
	worker.Wake()
	q.wait()
}

// A delivery that fails is repeated after delays that double, and the age of the message ends it.
func TestRetries(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(`{}`)
	worker, _ := q.run(func(context.Context, outbox.Message) error { return errors.New("connection refused") })
	wait, now, attempt := time.Minute, start, 1
	for ; now.Before(start.Add(3 * 24 * time.Hour)); attempt++ {
		await(t, func() bool { return count(worker, "retried") == float64(attempt) }, q.log.String)
		next := now.Add(wait)
		q.wait(row{Attempts: attempt, NextAt: next})
		now, wait = next, min(2*wait, 6*time.Hour)
		q.set(now)
	}
	q.wait()
	if retried, abandoned := count(worker, "retried"), count(worker, "abandoned"); retried != float64(attempt-1) || abandoned != 1 || attempt != 21 {
		t.Errorf("%v of %d attempts were to be retried, and %v messages abandoned", retried, attempt, abandoned)
	}
	for _, line := range []string{
		`"msg":"Message not delivered","kind":"test","message":1,"attempt":1,"result":"retried","cause":"connection refused"}`,
		`"result":"abandoned","cause":"connection refused"}`,
	} {
		if !strings.Contains(q.log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, &q.log)
		}
	}
}

func TestPermanentErrorAbandons(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	worker, _ := q.run(func(context.Context, outbox.Message) error {
		return fmt.Errorf("send: %w", &outbox.PermanentError{Err: errors.New("no such mailbox")})
	})
	q.enqueue(`{}`)
	q.wait()
	if n := count(worker, "abandoned"); n != 1 {
		t.Errorf("%v abandoned messages were counted", n)
	}
	if want := `"result":"abandoned","cause":"send: no such mailbox"}`; !strings.Contains(q.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, &q.log)
	}
}

func TestObsoleteMessagesAreDropped(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	worker, _ := q.run(func(context.Context, outbox.Message) error { return outbox.ErrObsolete })
	q.enqueue(`{}`)
	q.wait()
	if n := count(worker, "obsolete"); n != 1 {
		t.Errorf("%v obsolete messages were counted", n)
	}
	if log := q.log.String(); log != "" {
		t.Errorf("the log says:\n%s", log)
	}
}

// Two workers deliver every message once between them.
func TestWorkersShareTheQueue(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	const messages = 200
	for i := range messages {
		q.enqueue(fmt.Sprint(i))
	}
	var (
		mu        sync.Mutex
		delivered = make(map[string]int)
		busy      = make(map[int]bool)
	)
	for worker := range 2 {
		q.run(func(_ context.Context, m outbox.Message) error {
			mu.Lock()
			defer mu.Unlock()
			delivered[string(m.Payload)]++
			busy[worker] = true
			return nil
		})
	}
	q.wait()
	mu.Lock()
	defer mu.Unlock()
	if len(delivered) != messages || len(busy) != 2 {
		t.Errorf("%d workers delivered %d messages", len(busy), len(delivered))
	}
	for payload, n := range delivered {
		if n != 1 {
			t.Errorf("message %s was delivered %d times", payload, n)
		}
	}
}

// A message whose worker has vanished is delivered by another one when the lease has ended.
func TestLease(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(`{}`)
	taken, release := make(chan struct{}), make(chan struct{})
	q.run(func(context.Context, outbox.Message) error {
		close(taken)
		<-release
		return errors.New("too late")
	}, func(o *outbox.Options) { o.Concurrency = 1 })
	<-taken
	q.wait(row{Attempts: 1, NextAt: start.Add(2 * time.Minute)})
	got := make(chan outbox.Message, 1)
	other, _ := q.run(func(_ context.Context, m outbox.Message) error {
		got <- m
		return errors.New("not now")
	})
	q.set(start.Add(2 * time.Minute))
	if m := <-got; m.Attempts != 2 {
		t.Errorf("the second attempt counts as number %d", m.Attempts)
	}
	await(t, func() bool { return count(other, "retried") == 1 }, q.log.String)
	want := row{Attempts: 2, NextAt: start.Add(4 * time.Minute)}
	q.wait(want)
	// The first worker does not override the result of the second one.
	close(release)
	await(t, func() bool { return strings.Contains(q.log.String(), "too late") }, q.log.String)
	q.wait(want)
}

// A worker that is stopped finishes the delivery in progress, records its result, and starts no other.
func TestStopWaitsForTheDelivery(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(`1`)
	q.enqueue(`2`)
	taken, release := make(chan struct{}, 2), make(chan struct{})
	_, stop := q.run(func(ctx context.Context, _ outbox.Message) error {
		taken <- struct{}{}
		<-release
		return ctx.Err()
	}, func(o *outbox.Options) { o.Concurrency = 1 })
	<-taken
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	select {
	case <-stopped:
		t.Fatal("the worker did not wait for the delivery")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	<-stopped
	if diff := cmp.Diff([]row{{NextAt: start}}, q.rows()); diff != "" || len(taken) != 0 {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// One slow delivery does not hold up the others.
func TestSlowDeliveryTakesOneSlot(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	release := make(chan struct{})
	defer close(release)
	q.run(func(_ context.Context, m outbox.Message) error {
		if string(m.Payload) == "0" {
			<-release
		}
		return nil
	}, func(o *outbox.Options) { o.Concurrency = 2 })
	for i := range 9 {
		q.enqueue(fmt.Sprint(i))
	}
	q.wait(row{Attempts: 1, NextAt: start.Add(2 * time.Minute)})
}

// Messages wait while nothing can be delivered, and those of an unknown kind for a replica that knows it.
func TestMessagesWait(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(`{}`)
	var ready atomic.Bool
	asked := make(chan struct{})
	var once sync.Once
	q.run(func(context.Context, outbox.Message) error { return nil }, func(o *outbox.Options) {
		o.Ready = func(context.Context) bool {
			once.Do(func() { close(asked) })
			return ready.Load()
		}
	})
	<-asked
	q.wait(row{NextAt: start})
	unknown := outbox.Message{Kind: "later", Payload: json.RawMessage(`{}`), CreatedAt: start}
	if err := outbox.Enqueue(t.Context(), q.db, unknown); err != nil {
		t.Fatal(err)
	}
	ready.Store(true)
	q.wait(row{NextAt: start})
}

// The messages about a user are removed with the user.
func TestRemovedUsersGetNothing(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	var id int64
	err := q.db.QueryRow(t.Context(), `INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		VALUES ('alice', 'a@example.org', 'a@example.org', '', 'author', 'active', $1) RETURNING id`, start).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	if err := outbox.Enqueue(t.Context(), q.db, outbox.Message{Kind: "test", UserID: id, Payload: json.RawMessage(`{}`), CreatedAt: start}); err != nil {
		t.Fatal(err)
	}
	q.wait(row{NextAt: start})
	if _, err := q.db.Exec(t.Context(), `DELETE FROM public.users WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	q.wait()
}
