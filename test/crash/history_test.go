package crash_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// history records every write to the Tenants of one namespace, from a watch.
type history struct {
	mu sync.Mutex
	// transitions counts the transitions of each Tenant to Ready, or to a reason why it is not, and of its condition Active.
	transitions map[statement]int
	// writes counts the writes by operators.
	writes int
	// changed is closed at the next change, and at the end of the watch.
	changed chan struct{}
	ended   error
	last    map[types.UID]*v1alpha1.Tenant
}

// statement is the content of an event.
type statement struct {
	tenant       types.UID
	reason, note string
}

// watchHistory starts a history. It must be called before the first Tenant is created.
func watchHistory(t *testing.T, p *stack.Platform) *history {
	t.Helper()
	h := &history{transitions: map[statement]int{}, changed: make(chan struct{}), last: map[types.UID]*v1alpha1.Tenant{}}
	var none v1alpha1.TenantList
	if err := p.Client.List(t.Context(), &none, client.InNamespace(p.Namespace)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.watch(t.Context(), p, none.ResourceVersion); err != nil {
			h.end(err)
		}
	}()
	t.Cleanup(func() { <-done }) // the context of the test has ended by then
	return h
}

// watch receives all changes after a resource version until ctx ends. The API server may end the watch of a slow client,
// which then resumes it.
func (h *history) watch(ctx context.Context, p *stack.Platform, version string) error {
	for ctx.Err() == nil {
		options := &client.ListOptions{Namespace: p.Namespace, Raw: &metav1.ListOptions{ResourceVersion: version}}
		watcher, err := p.Client.Watch(ctx, &v1alpha1.TenantList{}, options)
		if err != nil {
			return fmt.Errorf("watch Tenants: %w", err)
		}
		for event := range watcher.ResultChan() {
			if event.Type == watch.Error {
				return fmt.Errorf("watch Tenants: %w", apierrors.FromObject(event.Object))
			}
			version = h.see(event)
		}
	}
	return nil
}

// see records a change and returns its resource version.
func (h *history) see(event watch.Event) string {
	now := event.Object.(*v1alpha1.Tenant)
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.last[now.UID]
	h.last[now.UID] = now
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionActive} { // those whose transitions are events
		was, is := conditionOf(before, kind), conditionOf(now, kind)
		if is != nil && (was == nil || was.Status != is.Status || was.Reason != is.Reason || was.Message != is.Message) {
			h.transitions[statement{now.UID, is.Reason, is.Message}]++
		}
	}
	// Authors write specs, which increases the generation. Operators write everything else, and remove finalizers.
	if event.Type == watch.Deleted || before != nil && before.Generation == now.Generation {
		h.writes++
	}
	h.wake()
	return now.ResourceVersion
}

func (h *history) end(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = err
	h.wake()
}

func (h *history) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func conditionOf(t *v1alpha1.Tenant, kind string) *metav1.Condition {
	if t == nil {
		return nil
	}
	return meta.FindStatusCondition(t.Status.Conditions, kind)
}

// awaitWrites waits for a number of further writes by operators.
func (h *history) awaitWrites(ctx context.Context, more int) error {
	target := -1
	return h.await(ctx, fmt.Sprintf("operators have written %d times more", more), func() bool {
		if target < 0 {
			target = h.writes + more
		}
		return h.writes >= target
	})
}

// awaitPresent waits until the history includes everything that has happened so far.
func (h *history) awaitPresent(ctx context.Context, p *stack.Platform) error {
	const mark = "test/seen"
	var tenants v1alpha1.TenantList
	if err := p.Client.List(ctx, &tenants, client.InNamespace(p.Namespace), client.Limit(1)); err != nil {
		return fmt.Errorf("list Tenants: %w", err)
	}
	marked := tenants.Items[0]
	err := p.Edit(ctx, marked.Name, func(t *v1alpha1.Tenant) { metav1.SetMetaDataAnnotation(&t.ObjectMeta, mark, "yes") })
	if err != nil {
		return err
	}
	return h.await(ctx, "all changes are recorded", func() bool { return h.last[marked.UID].Annotations[mark] != "" })
}

// await waits until the condition is true, which it checks after each change.
func (h *history) await(ctx context.Context, what string, is func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, platformtest.Patience)
	defer cancel()
	for {
		h.mu.Lock()
		done, changed, ended := is(), h.changed, h.ended
		h.mu.Unlock()
		switch {
		case done:
			return nil
		case ended != nil:
			return ended
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waited until %s", what)
		}
	}
}

// Reasons of events about actions that happen once.
var onceReasons = []string{
	v1alpha1.ReasonSchemaCreated, v1alpha1.ReasonSchemaRestored, v1alpha1.ReasonSchemaMigrated,
	v1alpha1.ReasonSchemaRetained, v1alpha1.ReasonSchemaDropped,
}

// verifyEvents returns the number of events, and an error if something was reported more often than it happened: a
// transition once per concurrent operator, an action once. An event series counts as many times as it says.
func (h *history) verifyEvents(ctx context.Context, p *stack.Platform, operators int) (int, error) {
	var events eventsv1.EventList
	if err := p.Client.List(ctx, &events, client.InNamespace(p.Namespace)); err != nil {
		return 0, fmt.Errorf("list events: %w", err)
	}
	if err := h.awaitPresent(ctx, p); err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	count := map[statement]int{}
	for _, event := range events.Items {
		if event.Regarding.Kind != "Tenant" {
			continue
		}
		n := 1
		if event.Series != nil {
			n = int(event.Series.Count)
		}
		count[statement{event.Regarding.UID, event.Reason, event.Note}] += n
	}
	for what, n := range count {
		most := h.transitions[what] * operators
		for _, reason := range onceReasons {
			if what.reason == reason {
				most = 1
			}
		}
		if n > most {
			return 0, fmt.Errorf("%d events about %s say %s %q, which happened %d times", n, h.last[what.tenant].Name, what.reason, what.note, most)
		}
	}
	return len(events.Items), nil
}
