// Package tenants reads and changes Tenant objects for the front ends: pages, API and background jobs call the same
// functions. Reads come from a watch, writes go straight to the API server.
//
// A write is computed from a Tenant that has just been read, and carries its resourceVersion. If the API server has a
// newer version by then, the Tenant is read again: if only its status or metadata have changed, the write is repeated,
// and if its spec has changed since the caller saw it (Version), the caller gets a *ChangedError with both values.
//
// Writes use two field managers: one for what owners may change, one for what only staff may change, so that no edit by an
// owner can contain a field of staff. A field that another manager owns, such as a GitOps tool, is never changed: the caller
// gets a *FieldOwnedError before anything is written.
package tenants

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// ownerManager is the field manager of what owners of Tenants may change, and of everything at creation.
	ownerManager = "echoblogs-portal"
	// staffManager is the field manager of what only staff may change.
	staffManager = "echoblogs-staff"
	// apiTimeout bounds one call to the API server.
	apiTimeout = 10 * time.Second
)

// Client reads and writes the Tenants of one Platform.
type Client struct {
	// Namespace is the namespace of the Tenants and the Platform.
	Namespace string
	// PlatformName is the name of the Platform.
	PlatformName string
	cache        cache.Cache
	client       client.Client // bypasses the cache
	index        *searchIndex  // of what the cache holds
	synced       atomic.Bool   // once true, it stays so

	changed []func(before, after *v1alpha1.Tenant) // registered with OnChange
}

// New returns a client for one namespace and Platform. It does not connect yet.
func New(config *rest.Config, namespace, platform string) (*Client, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), eventsv1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register kinds: %w", err)
	}
	config = rest.CopyConfig(config)
	config.Timeout = 0 // watches have no timeout; all other calls have one in their context
	config.QPS = -1    // the API server has its own fairness; the client's default of 5 calls a second would delay users
	watch, err := cache.New(config, cache.Options{Scheme: scheme, DefaultNamespaces: map[string]cache.Config{namespace: {}}})
	if err != nil {
		return nil, fmt.Errorf("create cache: %w", err)
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("create client: %w", err)
	}
	return &Client{Namespace: namespace, PlatformName: platform, cache: watch, client: direct, index: newSearchIndex(platform)}, nil
}

// Run watches Tenants and Platforms until ctx ends. It returns an error if they cannot be watched.
func (c *Client) Run(ctx context.Context) error {
	if err := c.cache.IndexField(ctx, &v1alpha1.Tenant{}, ownerIndex, indexOwner); err != nil {
		return fmt.Errorf("index Tenants by owner: %w", err)
	}
	for _, object := range []client.Object{&v1alpha1.Tenant{}, &v1alpha1.Platform{}} {
		informer, err := c.cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("create informer: %w", err)
		}
		if _, err := informer.AddEventHandler(c.eventHandler()); err != nil {
			return fmt.Errorf("add event handler: %w", err)
		}
	}
	return c.cache.Start(ctx)
}

// Synced reports whether the watch has read all objects once.
func (c *Client) Synced(ctx context.Context) bool {
	if c.synced.Load() {
		return true // on a busy machine, the cache may not say so in time
	}
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if !c.cache.WaitForCacheSync(ctx) {
		return false
	}
	c.synced.Store(true)
	return true
}

// Objects reads Tenants, Platforms and the namespace from the API server, past the cache.
func (c *Client) Objects() client.Reader { return c.client }

func (c *Client) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: c.Namespace, Name: name}
}
