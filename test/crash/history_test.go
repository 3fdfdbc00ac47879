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

// history is all that has been written of the Tenants of one namespace, as the API server tells it.
type history struct {
	mu sync.Mutex
	// told counts how often a Tenant came to say that it is Ready, or why it is not.
	told map[statement]int
	// writes counts what operators have written.
	writes int
	// changed is closed at the next change, and when no more are seen.
	changed chan struct{}
	ended   error
	last    map[types.UID]*v1alpha1.Tenant
}

// statement is what an event says.
type statement struct {
	tenant       types.UID
	reason, note string
}

// watchHistory notes what happens from now on, when there is no Tenant yet.
func watchHistory(t *testing.T, p *stack.Platform) *history {
	t.Helper()
	h := &history{told: map[statement]int{}, changed: make(chan struct{}), last: map[types.UID]*v1alpha1.Tenant{}}
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

// watch follows all changes after a version until ctx ends. The API server ends the watch of a client that is slow to
// read, which goes on where it was.
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

// see returns the version of what it has seen.
func (h *history) see(event watch.Event) string {
	now := event.Object.(*v1alpha1.Tenant)
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.last[now.UID]
	h.last[now.UID] = now
	if is := readyOf(now); is != nil {
		was := readyOf(before)
		if was == nil || was.Status != is.Status || was.Reason != is.Reason || was.Message != is.Message {
			h.told[statement{now.UID, is.Reason, is.Message}]++
		}
	}
	// Authors write specs, which makes a new generation; operators write all else, and let go of what is deleted.
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

func readyOf(t *v1alpha1.Tenant) *metav1.Condition {
	if t == nil {
		return nil
	}
	return meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady)
}

// awaitWrites waits until operators have written as many times more.
func (h *history) awaitWrites(ctx context.Context, more int) error {
	target := -1
	return h.await(ctx, fmt.Sprintf("operators have written %d times more", more), func() bool {
		if target < 0 {
			target = h.writes + more
		}
		return h.writes >= target
	})
}

// awaitPresent waits until everything is noted that has happened before now.
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
	return h.await(ctx, "all is noted", func() bool { return h.last[marked.UID].Annotations[mark] != "" })
}

// await waits until is holds, which is asked after each change.
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
			return fmt.Errorf("waited in vain until %s", what)
		}
	}
}

// Reasons of events that tell of something done, which is done once.
var deeds = []string{
	v1alpha1.ReasonSchemaCreated, v1alpha1.ReasonSchemaRestored, v1alpha1.ReasonSchemaMigrated,
	v1alpha1.ReasonSchemaRetained, v1alpha1.ReasonSchemaDropped,
}

// verifyEvents returns how many events there are, and an error when something was told more often than it happened:
// a new state as often as each of the operators that work at once came to it, a deed once. The API's own folding, a
// series, counts as often as it says.
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
		most := h.told[what] * operators
		for _, deed := range deeds {
			if what.reason == deed {
				most = 1
			}
		}
		if n > most {
			return 0, fmt.Errorf("%d events about %s say %s %q, which happened %d times", n, h.last[what.tenant].Name, what.reason, what.note, most)
		}
	}
	return len(events.Items), nil
}
