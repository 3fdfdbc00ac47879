package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	tenantsPath   = "/apis/tenancy.echoblogs.io/v1alpha1/namespaces/%s/tenants"
	ingressesPath = "/apis/networking.k8s.io/v1/namespaces/%s/ingresses"
	platformPath  = "/apis/tenancy.echoblogs.io/v1alpha1/namespaces/%s/platforms/%s"
	eventsPath    = "/apis/events.k8s.io/v1/namespaces/%s/events"
)

// watchClock records when Tenants become Ready and when they are gone, as a user of kubectl get --watch sees it.
type watchClock struct {
	client *rest.RESTClient
	cancel context.CancelFunc

	mu          sync.Mutex
	ready, gone map[string]time.Time
	changed     chan struct{} // closed at the next event
	ended       error         // why the watch has ended
}

func startWatchClock(ctx context.Context, client *rest.RESTClient) (*watchClock, error) {
	answer, err := client.Get().AbsPath(fmt.Sprintf(tenantsPath, namespace)).Param("limit", "1").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("list Tenants: %w", err)
	}
	var list struct{ Metadata metav1.ListMeta }
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("read the list of Tenants: %w", err)
	}
	c := &watchClock{client: client, ready: map[string]time.Time{}, gone: map[string]time.Time{}, changed: make(chan struct{})}
	ctx, c.cancel = context.WithCancel(ctx)
	go c.run(ctx, list.Metadata.ResourceVersion)
	return c, nil
}

func (c *watchClock) stop() { c.cancel() }

// watchEvent is the part of an event that is used.
type watchEvent struct {
	Type   string
	Object struct {
		Metadata struct{ Name, ResourceVersion string }
		Status   struct{ Conditions []metav1.Condition }
	}
}

// run receives events until ctx ends. The API server may end the watch of a slow client, which then resumes it.
func (c *watchClock) run(ctx context.Context, version string) {
	for {
		stream, err := c.client.Get().AbsPath(fmt.Sprintf(tenantsPath, namespace)).
			Param("watch", "true").Param("resourceVersion", version).Stream(ctx)
		if err != nil {
			c.end(fmt.Errorf("watch Tenants: %w", err))
			return
		}
		events := json.NewDecoder(stream)
		for {
			var event watchEvent
			if err := events.Decode(&event); err != nil {
				break
			}
			if event.Type == "ERROR" {
				stream.Close()
				c.end(errors.New("the watch of Tenants has lost its place"))
				return
			}
			c.see(time.Now(), event)
			version = event.Object.Metadata.ResourceVersion
		}
		stream.Close()
	}
}

func (c *watchClock) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = err
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *watchClock) see(now time.Time, event watchEvent) {
	name := event.Object.Metadata.Name
	c.mu.Lock()
	defer c.mu.Unlock()
	if event.Type == "DELETED" {
		c.gone[name] = now
	}
	for _, condition := range event.Object.Status.Conditions {
		if condition.Type == v1alpha1.ConditionReady && condition.Status == metav1.ConditionTrue && c.ready[name].IsZero() {
			c.ready[name] = now
		}
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

// awaitReady returns the time at which each of the Tenants became Ready.
func (c *watchClock) awaitReady(ctx context.Context, names ...string) ([]time.Time, error) {
	return c.await(ctx, c.ready, "Ready", names)
}

// awaitGone returns the time at which each of the Tenants was gone.
func (c *watchClock) awaitGone(ctx context.Context, names ...string) ([]time.Time, error) {
	return c.await(ctx, c.gone, "gone", names)
}

// patience bounds the wait for each Tenant.
const patience = time.Minute

func (c *watchClock) await(ctx context.Context, seen map[string]time.Time, what string, names []string) ([]time.Time, error) {
	times := make([]time.Time, len(names))
	for i, name := range names {
		impatient := time.After(patience)
		for {
			c.mu.Lock()
			at, changed, ended := seen[name], c.changed, c.ended
			c.mu.Unlock()
			if times[i] = at; !at.IsZero() {
				break
			}
			if ended != nil {
				return nil, ended
			}
			select {
			case <-changed:
			case <-impatient:
				return nil, fmt.Errorf("the Tenant %s is not %s after %s", name, what, patience)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	return times, nil
}

// last returns the latest time.
func last(times []time.Time) time.Time {
	var latest time.Time
	for _, t := range times {
		if t.After(latest) {
			latest = t
		}
	}
	return latest
}
