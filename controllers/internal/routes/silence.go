package routes

import (
	"context"
	"time"

	logf "sigs.k8s.io/controller-runtime/pkg/log"
)

// silence is the state of an address that did not answer: only one request at a time is sent there, so that others need not wait
// for its timeout.
type silence struct {
	since  time.Time
	next   time.Time // of the next request
	asking bool
}

// enter returns 0 if an address may be asked, which leave then has to follow, and otherwise the time until it may be.
func (c *Checks) enter(address string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.silent[address]
	switch {
	case s == nil:
		return 0
	case s.asking:
		return steadyRetry
	}
	if wait := time.Until(s.next); wait > 0 {
		return wait
	}
	s.asking = true
	return 0
}

// leave records whether an address was silent.
func (c *Checks) leave(ctx context.Context, address string, silent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.silent[address]
	switch {
	case !silent && s == nil:
		return
	case !silent:
		delete(c.silent, address)
		logf.FromContext(ctx).Info("The ingress controller answers again", "address", address)
		return
	case s == nil:
		s = &silence{since: time.Now()}
		c.silent[address] = s
		logf.FromContext(ctx).Info("The ingress controller does not answer", "address", address)
	}
	s.asking, s.next = false, time.Now().Add(retryAfter(s.since))
}
