package platformtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Patience bounds every wait. It is long because machines are slow, and because client-go waits up to a minute before it
// watches again after an outage. No test that passes waits for it.
const Patience = 2 * time.Minute

// Wait calls check until it returns nil, and fails the test with its last error.
func (p *Platform) Wait(what string, check func(context.Context) error) {
	p.t.Helper()
	if err := p.Await(p.t.Context(), what, check); err != nil {
		p.t.Fatal(err)
	}
}

// Await is Wait for goroutines, which must not end the test.
func (p *Platform) Await(ctx context.Context, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	began := time.Now()
	var last error
	for {
		found := check(ctx)
		if found == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil { // an error caused by the end of the wait is not informative
			last = found
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited until %s: %w", what, last)
		case <-time.After(pause(time.Since(began))):
		}
	}
}

// pause returns how long to wait for the next check: a small part of the time so far, because many tests wait for a minute at
// once, and each check costs the programs time that they need themselves.
func pause(waited time.Duration) time.Duration {
	return min(max(waited/20, 20*time.Millisecond), 200*time.Millisecond)
}

// HasCondition returns nil if an object has a condition for its generation. An empty reason matches any.
func HasCondition(conditions []metav1.Condition, generation int64, kind string, status metav1.ConditionStatus, reason string) error {
	c := meta.FindStatusCondition(conditions, kind)
	if c != nil && c.ObservedGeneration == generation && c.Status == status && (reason == "" || c.Reason == reason) {
		return nil
	}
	var all strings.Builder
	for _, c := range conditions {
		fmt.Fprintf(&all, "\n  %s=%s %s of generation %d: %s", c.Type, c.Status, c.Reason, c.ObservedGeneration, c.Message)
	}
	return fmt.Errorf("generation %d has the conditions:%s", generation, all.String())
}
