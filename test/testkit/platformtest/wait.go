package platformtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
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
	var last error
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, Patience, true, func(ctx context.Context) (bool, error) {
		found := check(ctx)
		if last == nil || ctx.Err() == nil { // an error caused by the end of the wait is not informative
			last = found
		}
		return found == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waited until %s: %w", what, last)
	}
	return nil
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
