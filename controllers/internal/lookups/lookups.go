// Package lookups looks up the TXT records that prove custom domains, outside of reconciles. At most a number of lookups
// run at once, and one for each Tenant: one with many slow domains does not delay the others.
package lookups

import (
	"cmp"
	"context"
	"hash/fnv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

const (
	// defaultWorkers is how many lookups run at once. Half of them are only for Tenants whose DNS servers are quick.
	defaultWorkers = 32
	// firstRetry and maxRetry bound the delay between lookups of a record that is not there, which doubles.
	firstRetry = time.Minute
	maxRetry   = 15 * time.Minute
	// recheckInterval is how long a proof is valid before its record is looked up again. Up to recheckSpread is subtracted,
	// so that the proofs of many domains that began together do not stay together.
	recheckInterval = 24 * time.Hour
	recheckSpread   = 2 * time.Hour
	// maxAge is how old an answer may be to count.
	maxAge = time.Hour
	// patience is how long a lookup may take before its Tenant counts as slow.
	patience = time.Second
	// maxSleep bounds the wait for the next lookup, so that a change of the clock is noticed.
	maxSleep = time.Minute
)

// Host is a custom domain whose record is to be looked up.
type Host struct {
	Name   string
	Record domainproof.Record
	// Proven says that the registry has a proof, and Absent that DNS has denied it since CheckedAt confirmed it.
	Proven, Absent bool
	CheckedAt      time.Time
}

// Answer is the last answer of DNS about a record.
type Answer struct {
	// Present reports whether the record exists with the right value.
	Present bool
	At      time.Time
}

// Options configure Lookups.
type Options struct {
	// Resolver defaults to the system's.
	Resolver domainproof.Resolver
	// Clock tells the time. Required.
	Clock clock.PassiveClock
	// Answered is called after an answer that its Tenant has to act on. It may block. Required.
	Answered func(ctx context.Context, tenant types.NamespacedName)
	// Workers is how many lookups run at once. Defaults to 32.
	Workers int
}

// Lookups schedules lookups and remembers the answers. It is a Runnable of a manager.
type Lookups struct {
	resolver domainproof.Resolver
	clock    clock.PassiveClock
	answered func(context.Context, types.NamespacedName)
	workers  int
	wake     chan struct{}

	mu      sync.Mutex
	tenants map[types.NamespacedName]*tenant
	// waiting are the Tenants with hosts, except for those in progress: quick ones, and those whose last lookup was slow.
	waiting [2]queue
	// running counts the lookups in progress, likewise.
	running [2]int
}

// New returns Lookups without hosts.
func New(o Options) *Lookups {
	if o.Resolver == nil {
		o.Resolver = domainproof.NewResolver("")
	}
	return &Lookups{
		resolver: o.Resolver, clock: o.Clock, answered: o.Answered, workers: cmp.Or(o.Workers, defaultWorkers),
		wake: make(chan struct{}, 1), tenants: make(map[types.NamespacedName]*tenant),
	}
}

// Watch replaces the hosts of a Tenant. A host that is new is looked up at once, unless it is proven: then a day after its
// last check.
func (l *Lookups) Watch(key types.NamespacedName, hosts []Host) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tenants[key]
	if t == nil && len(hosts) == 0 {
		return
	}
	if t == nil {
		t = &tenant{key: key}
		l.tenants[key] = t
	}
	watched := make(map[string]*host, len(hosts))
	for _, h := range hosts {
		known := t.hosts[h.Name]
		if known == nil || known.Record != h.Record {
			known = &host{since: l.clock.Now()}
		}
		if h.CheckedAt.After(l.clock.Now()) { // the clock was ahead
			h.CheckedAt = time.Time{}
		}
		known.Host = h
		watched[h.Name] = known
	}
	t.hosts = watched
	if len(hosts) == 0 {
		delete(l.tenants, key)
	}
	l.schedule(t)
}

// Forget ends the lookups for a Tenant.
func (l *Lookups) Forget(key types.NamespacedName) { l.Watch(key, nil) }

// Answers returns the recent answers about the hosts of a Tenant. A host whose DNS servers are silent keeps its last one.
func (l *Lookups) Answers(key types.NamespacedName) map[string]Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tenants[key]
	if t == nil {
		return nil
	}
	now, answers := l.clock.Now(), make(map[string]Answer)
	for name, h := range t.hosts {
		if !h.answer.At.IsZero() && now.Sub(h.answer.At).Abs() <= maxAge {
			answers[name] = h.answer
		}
	}
	return answers
}

// Start runs the lookups that are due until ctx ends.
func (l *Lookups) Start(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		sleep := time.NewTimer(l.startDue(ctx, &running))
		select {
		case <-ctx.Done():
			sleep.Stop()
			return nil
		case <-l.wake:
		case <-sleep.C:
		}
		sleep.Stop()
	}
}

// startDue starts as many of the due lookups as may run, and returns the time until the next one is due.
func (l *Lookups) startDue(ctx context.Context, running *sync.WaitGroup) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, sleep := l.clock.Now(), maxSleep
	for lane, limit := range [2]int{l.workers, l.workers / 2} {
		for len(l.waiting[lane]) > 0 && l.running[lane] < limit && l.running[quick]+l.running[slow] < l.workers {
			t := l.waiting[lane][0]
			if wait := t.next.Sub(now); wait > 0 {
				sleep = min(sleep, wait)
				break
			}
			l.unschedule(t)
			t.busy = true
			l.running[lane]++
			h := t.first()
			running.Go(func() { l.lookUp(ctx, t, h, h.Record, lane) })
		}
	}
	return sleep
}

// lookUp looks up the record of a Tenant's host.
func (l *Lookups) lookUp(ctx context.Context, t *tenant, h *host, record domainproof.Record, lane int) {
	began := time.Now()
	answer := record.LookUp(ctx, l.resolver)
	if ctx.Err() != nil {
		return
	}
	if l.finish(t, h, answer, lane, time.Since(began)) {
		l.answered(ctx, t.key)
	}
}

// finish records an answer, and reports whether the Tenant has to act on it: a record has appeared or vanished, or the
// host has a proof, which the answer confirms or denies.
func (l *Lookups) finish(t *tenant, h *host, answer domainproof.Answer, lane int, took time.Duration) (act bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	l.running[lane]--
	t.busy, t.freeAt, t.lane = false, now, quick
	if answer == domainproof.Silent || took > patience {
		t.lane = slow
	}
	h.lookedUpAt = now
	h.failures++
	if answer != domainproof.Silent {
		present := answer == domainproof.Present
		act = present != h.answer.Present || h.Proven
		h.answer = Answer{Present: present, At: now}
		if present {
			h.failures = 0
		}
	}
	l.schedule(t)
	return act && t.hosts[h.Name] == h
}

// schedule puts a Tenant into the queue of those that wait, unless one of its lookups is in progress.
func (l *Lookups) schedule(t *tenant) {
	l.unschedule(t)
	t.correct(l.clock.Now())
	if !t.busy && len(t.hosts) > 0 {
		t.next = t.first().due()
		if t.next.Before(t.freeAt) { // after those that have been due for longer
			t.next = t.freeAt
		}
		l.waiting[t.lane].add(t)
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Lookups) unschedule(t *tenant) {
	for lane := range l.waiting {
		l.waiting[lane].remove(t)
	}
}

// due returns when a host is to be looked up next.
func (h *host) due() time.Time {
	switch {
	case h.failures > 0:
		return h.lookedUpAt.Add(min(firstRetry<<min(h.failures-1, 10), maxRetry))
	case h.Proven && !h.Absent:
		checked := h.CheckedAt
		if h.answer.At.After(checked) { // the registry does not say so yet
			checked = h.answer.At
		}
		hash := fnv.New64a()
		hash.Write([]byte(h.Record.Value)) // never fails
		spread := time.Duration(hash.Sum64() % uint64(recheckSpread))
		return checked.Add(recheckInterval - spread)
	case h.lookedUpAt.IsZero():
		return h.since
	}
	return h.lookedUpAt.Add(maxRetry) // proven, but another Tenant has the host
}
