package signup

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// workers is how many registrations of the queue a replica works on at the same time.
	workers = 8
	// retries is how often the queue retries a registration before it leaves it to the sweeper. The first retry comes after
	// retryDelay, and each further one after twice the delay.
	retries    = 5
	retryDelay = 20 * time.Millisecond
	// sweepInterval is how often each replica looks for registrations that wait for Advance, and sweepLimit how many it
	// queues each time.
	sweepInterval = 5 * time.Second
	sweepLimit    = 100
	// lateTenants is how long after a failed registration its Tenant may still appear, and lateLimit how many of the latest
	// failures the sweeper checks.
	lateTenants = 10 * time.Minute
	lateLimit   = 1000
	// expiryInterval is how often expired registrations are deleted.
	expiryInterval = 10 * time.Minute
)

func newQueue() workqueue.TypedRateLimitingInterface[string] {
	return workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](retryDelay, time.Second))
}

// Run advances registrations as their Tenants change, and sweeps, until ctx ends. Call it once.
func (s *Service) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { s.work(ctx) })
	}
	running.Go(func() { s.every(ctx, sweepInterval, s.sweep) })
	running.Go(func() { s.every(ctx, expiryInterval, s.deleteExpired) })
	<-ctx.Done()
	s.queue.ShutDown()
	running.Wait()
}

// work advances the registrations of the queue until it is shut down.
func (s *Service) work(ctx context.Context) {
	for {
		id, shutDown := s.queue.Get()
		if shutDown {
			return
		}
		switch r, err := s.Advance(ctx, id); {
		case err == nil, errors.Is(err, ErrNotFound):
			s.queue.Forget(id)
		case s.queue.NumRequeues(id) < retries:
			s.queue.AddRateLimited(id)
		default:
			s.queue.Forget(id)
			if !errors.Is(err, errLeased) {
				s.logFailure(ctx, "Registration not advanced: it will be retried", &r, err)
			}
		}
		s.queue.Done(id)
	}
}

// tenantChanged queues the registration of a Tenant that may now be able to advance.
func (s *Service) tenantChanged(before, after *v1alpha1.Tenant) {
	id := tenants.RegistrationID(cmp.Or(after, before))
	if id == "" {
		return
	}
	if after == nil || isSettled(after) && (before == nil || !isSettled(before)) {
		s.queue.Add(id)
	}
	s.waiters.notify(id)
}

// sweep queues registrations that wait for Advance, and those that failed before their Tenant appeared.
func (s *Service) sweep(ctx context.Context) error {
	if !s.tenants.Synced(ctx) {
		return nil
	}
	now := s.now()
	pending, err := listPending(ctx, s.db, sweepLimit, now)
	if err != nil {
		return err
	}
	for _, id := range pending {
		s.queue.Add(id)
	}
	failed, err := listFailed(ctx, s.db, lateLimit, now.Add(-lateTenants))
	if err != nil {
		return err
	}
	for _, r := range failed {
		if s.hasTenant(ctx, &r) {
			s.queue.Add(r.ID)
		}
	}
	return nil
}

func (s *Service) deleteExpired(ctx context.Context) error { return deleteExpired(ctx, s.db, s.now()) }

// every calls work at once and then at an interval, until ctx ends.
func (s *Service) every(ctx context.Context, interval time.Duration, work func(context.Context) error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		err := s.check(limited)
		if err == nil {
			err = work(limited)
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "Sweep of registrations failed", slog.String("cause", postgres.LogText(err)))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// waiters are the channels of goroutines that wait for changes, by registration ID.
type waiters struct {
	mu       sync.Mutex
	channels map[string][]chan struct{}
}

func (w *waiters) add(id string) (changes <-chan struct{}, stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.channels == nil {
		w.channels = make(map[string][]chan struct{})
	}
	added := make(chan struct{}, 1)
	w.channels[id] = append(w.channels[id], added)
	return added, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.channels[id] = slices.DeleteFunc(w.channels[id], func(c chan struct{}) bool { return c == added })
		if len(w.channels[id]) == 0 {
			delete(w.channels, id)
		}
	}
}

func (w *waiters) notify(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.channels[id] {
		select {
		case c <- struct{}{}:
		default: // an earlier change has not been received yet
		}
	}
}
