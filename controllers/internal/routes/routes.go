// Package routes asks ingress controllers whether they route to Tenants, outside of reconciles. An ingress controller that is
// behind, or does not answer, delays neither the reconciles of Tenants nor the checks of another Platform's.
package routes

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"

	"github.com/echoblogs/echoblogs/controllers/internal/probe"
)

const (
	// workers is how many requests are in progress at most.
	workers = 4
	// requestsPerSecond bounds the requests to all ingress controllers: each opens a connection, perhaps with TLS.
	requestsPerSecond = 100
	// firstRetry is the delay before a host is asked for again. It doubles up to steadyRetry, and from then on grows with the time
	// that the Tenant has waited, one part in retryFraction of that, up to maxRetry.
	firstRetry, steadyRetry, maxRetry = 50 * time.Millisecond, 500 * time.Millisecond, 30 * time.Second
	retryFraction                     = 120
)

// Prober asks an ingress controller once. *probe.Prober is one.
type Prober interface {
	Route(ctx context.Context, address string, encrypted bool, target probe.Target) (failure string, silent bool)
}

// Route is what an ingress controller is asked for.
type Route struct {
	// Address is where it answers, and Encrypted says that it does so by TLS.
	Address   string
	Encrypted bool
	// Targets are the hosts of the Tenant.
	Targets []probe.Target
	// Urgent routes are asked for before others.
	Urgent bool
}

// isSame reports whether the answers for one route hold for the other.
func (r Route) isSame(other Route) bool {
	return r.Address == other.Address && r.Encrypted == other.Encrypted &&
		slices.EqualFunc(r.Targets, other.Targets, func(a, b probe.Target) bool { return a.Host == b.Host && a.Tenant == b.Tenant })
}

// Checks repeats requests until they reach their Tenants. It is a Runnable of a manager.
type Checks struct {
	prober   Prober
	answered func(context.Context, types.NamespacedName)
	limiter  *rate.Limiter

	mu      sync.Mutex
	queue   priorityqueue.PriorityQueue[types.NamespacedName] // nil until Start
	tenants map[types.NamespacedName]*check
	silent  map[string]*silence // by address
}

// check is the state of one Tenant's route.
type check struct {
	route Route
	since time.Time
	// unreached are the targets that are still to be reached.
	unreached []probe.Target
	// known says that there is an answer: failure, or "" if all targets were reached.
	known   bool
	failure string
}

// New returns Checks without Tenants. The function answered is called when the answer for a Tenant changes. It may block.
func New(prober Prober, answered func(ctx context.Context, tenant types.NamespacedName)) *Checks {
	return &Checks{
		prober: prober, answered: answered, limiter: rate.NewLimiter(requestsPerSecond, 1),
		tenants: map[types.NamespacedName]*check{}, silent: map[string]*silence{},
	}
}

// Check returns the last answer for a Tenant's route: why it does not reach the Tenant, or "". It is not known until the ingress
// controller has been asked, which the first call requests, and each call with changed.
func (c *Checks) Check(tenant types.NamespacedName, route Route, changed bool) (failure string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tenants[tenant]
	if t == nil || changed || !t.route.isSame(route) {
		t = &check{route: route, since: time.Now(), unreached: route.Targets}
		c.tenants[tenant] = t
		c.add(tenant, t, 0)
	}
	return t.failure, t.known
}

// Has reports whether a Tenant's route is checked, or was and the answer is not used yet.
func (c *Checks) Has(tenant types.NamespacedName) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tenants[tenant] != nil
}

// Forget ends the checks of a Tenant's route.
func (c *Checks) Forget(tenant types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tenants, tenant)
}

// Start asks for routes until ctx ends.
func (c *Checks) Start(ctx context.Context) error {
	c.mu.Lock()
	c.queue = priorityqueue.New[types.NamespacedName]("routes")
	for tenant, t := range c.tenants {
		c.add(tenant, t, 0)
	}
	c.mu.Unlock()
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for {
				tenant, shutdown := c.queue.Get()
				if shutdown {
					return
				}
				c.ask(ctx, tenant)
				c.queue.Done(tenant)
			}
		})
	}
	<-ctx.Done()
	c.queue.ShutDown()
	working.Wait()
	return nil
}

// add schedules a check. The caller has locked mu.
func (c *Checks) add(tenant types.NamespacedName, t *check, after time.Duration) {
	if c.queue == nil {
		return
	}
	priority := 0
	if t.route.Urgent {
		priority = 1
	}
	c.queue.AddWithOpts(priorityqueue.AddOpts{After: after, Priority: &priority}, tenant)
}

// ask asks once for each host of a Tenant that was not reached, until one is not.
func (c *Checks) ask(ctx context.Context, tenant types.NamespacedName) {
	c.mu.Lock()
	t := c.tenants[tenant]
	c.mu.Unlock()
	if t == nil || t.known && t.failure == "" {
		return
	}
	for i, target := range t.unreached {
		if wait := c.enter(t.route.Address); wait > 0 {
			c.finish(ctx, tenant, t, i, probe.NoRoute(t.route.Address, target.Host), wait)
			return
		}
		if c.limiter.Wait(ctx) != nil {
			return
		}
		failure, silent := c.prober.Route(ctx, t.route.Address, t.route.Encrypted, target)
		if ctx.Err() != nil {
			return
		}
		c.leave(ctx, t.route.Address, silent)
		if failure != "" {
			c.finish(ctx, tenant, t, i, failure, retryAfter(t.since))
			return
		}
	}
	c.finish(ctx, tenant, t, len(t.unreached), "", 0)
}

// finish records the answer for a Tenant after a number of its targets was reached.
func (c *Checks) finish(ctx context.Context, tenant types.NamespacedName, t *check, reached int, failure string, retry time.Duration) {
	c.mu.Lock()
	if c.tenants[tenant] != t { // the route has changed, and is checked again, or nobody wants to know
		c.mu.Unlock()
		return
	}
	isNew := !t.known || t.failure != failure
	t.known, t.failure, t.unreached = true, failure, t.unreached[reached:]
	if failure != "" {
		c.add(tenant, t, retry)
	}
	c.mu.Unlock()
	if isNew {
		c.answered(ctx, tenant)
	}
}

// retryAfter returns the delay before the next attempt at what has failed for some time.
func retryAfter(since time.Time) time.Duration {
	waited := time.Since(since)
	return min(max(firstRetry, min(waited, steadyRetry), waited/retryFraction), maxRetry)
}
