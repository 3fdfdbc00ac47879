// Package tenants reads and changes Tenant objects for the front ends.
package tenants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// fieldManager is the name under which the public site applies Tenants.
	fieldManager = "echoblogs-portal"
	// apiTimeout bounds one call of the API server.
	apiTimeout = 10 * time.Second
	// tenantsAtOnce is how many Tenants one call lists.
	tenantsAtOnce = 500
	// ownerIndex finds Tenants by the user name of their owner.
	ownerIndex = "spec.owner.username"
)

// Client is the API server, seen through a watch of the namespace's Tenants and Platforms.
type Client struct {
	// Namespace is where the Tenants and the Platform are.
	Namespace string
	// PlatformName is the name of the Platform whose Tenants these are.
	PlatformName string
	cache        cache.Cache
	client       client.Client // past the cache

	changed []func(before, after *v1alpha1.Tenant) // of OnChange
}

// New returns a client of the API server for one namespace and Platform. It connects to nothing yet.
func New(config *rest.Config, namespace, platform string) (*Client, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), eventsv1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register the kinds: %w", err)
	}
	config = rest.CopyConfig(config)
	config.Timeout = 0 // watches last; every other call has a context
	config.QPS = -1    // the API server itself shares out its time; 5 calls a second would hold up visitors
	tenants, err := cache.New(config, cache.Options{Scheme: scheme, DefaultNamespaces: map[string]cache.Config{namespace: {}}})
	if err != nil {
		return nil, fmt.Errorf("make a watch of Tenants: %w", err)
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("make a client of the API server: %w", err)
	}
	return &Client{Namespace: namespace, PlatformName: platform, cache: tenants, client: direct}, nil
}

// Run watches until ctx ends.
func (c *Client) Run(ctx context.Context) error {
	if err := c.cache.IndexField(ctx, &v1alpha1.Tenant{}, ownerIndex, OwnerOf); err != nil {
		return fmt.Errorf("index Tenants by owner: %w", err)
	}
	for _, object := range []client.Object{&v1alpha1.Tenant{}, &v1alpha1.Platform{}} {
		informer, err := c.cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerDetailedFuncs{
			AddFunc: func(object any, isInInitialList bool) {
				if !isInInitialList {
					c.notify(nil, object)
				}
			},
			UpdateFunc: c.notify,
			DeleteFunc: func(object any) { c.notify(object, nil) },
		}); err != nil {
			return fmt.Errorf("watch: %w", err)
		}
	}
	return c.cache.Start(ctx)
}

func OwnerOf(object client.Object) []string {
	tenant, ok := object.(*v1alpha1.Tenant)
	if !ok || tenant.Spec.Owner == nil {
		return nil
	}
	return []string{tenant.Spec.Owner.Username}
}

// Synced reports whether everything has been read once.
func (c *Client) Synced(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	return c.cache.WaitForCacheSync(ctx)
}

// OnChange registers a function that is called after each change of a Tenant. before is nil after the creation of a Tenant,
// and after is nil after its deletion. Tenants that exist when the watch starts are not reported. Call OnChange before Run;
// changed must not block.
func (c *Client) OnChange(changed func(before, after *v1alpha1.Tenant)) {
	c.changed = append(c.changed, changed)
}

// notify reports a change of an object to OnChange's functions if the object is a Tenant.
func (c *Client) notify(before, after any) {
	if gone, ok := before.(toolscache.DeletedFinalStateUnknown); ok {
		before = gone.Obj
	}
	was, _ := before.(*v1alpha1.Tenant)
	is, _ := after.(*v1alpha1.Tenant)
	if was == nil && is == nil {
		return
	}
	for _, changed := range c.changed {
		changed(was, is)
	}
}

// Platform returns the Platform as it was last seen, or ErrNoPlatform.
func (c *Client) Platform(ctx context.Context) (*v1alpha1.Platform, error) {
	if !c.Synced(ctx) {
		return nil, ErrNoPlatform
	}
	var platform v1alpha1.Platform
	err := c.cache.Get(ctx, c.key(c.PlatformName), &platform)
	switch {
	case apierrors.IsNotFound(err):
		return nil, ErrNoPlatform
	case err != nil:
		return nil, apiError("read Platform "+c.PlatformName, err)
	}
	return &platform, nil
}

// LivePlatform reads the Platform from the API server.
func (c *Client) LivePlatform(ctx context.Context) (*v1alpha1.Platform, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var platform v1alpha1.Platform
	if err := c.client.Get(ctx, c.key(c.PlatformName), &platform); err != nil {
		return nil, apiError("read Platform "+c.PlatformName, err)
	}
	return &platform, nil
}

// Get returns a Tenant as it was last seen. It returns ErrNotFound if there is none.
func (c *Client) Get(ctx context.Context, name string) (*v1alpha1.Tenant, error) {
	var tenant v1alpha1.Tenant
	if err := c.cache.Get(ctx, c.key(name), &tenant); err != nil {
		return nil, apiError("read Tenant "+name, err)
	}
	return &tenant, nil
}

// GetLive reads a Tenant from the API server.
func (c *Client) GetLive(ctx context.Context, name string) (*v1alpha1.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var tenant v1alpha1.Tenant
	if err := c.client.Get(ctx, c.key(name), &tenant); err != nil {
		return nil, apiError("read Tenant "+name, err)
	}
	return &tenant, nil
}

// OwnedBy returns the Tenants of a user, in the order of their names.
func (c *Client) OwnedBy(ctx context.Context, username string) ([]v1alpha1.Tenant, error) {
	return c.list(ctx, client.MatchingFields{ownerIndex: username})
}

// HasBlog reports whether a Tenant is a user's or has their name, as it was last seen.
func (c *Client) HasBlog(ctx context.Context, username string) (bool, error) {
	_, err := c.Get(ctx, username)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	owned, err := c.OwnedBy(ctx, username)
	return len(owned) > 0, err
}

// LiveNames reads the names of all Tenants, and those of their owners, from the API server.
func (c *Client) LiveNames(ctx context.Context) (map[string]bool, error) {
	names := make(map[string]bool)
	for next := ""; ; {
		list, err := c.livePage(ctx, next)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			names[list.Items[i].Name] = true
			for _, owner := range OwnerOf(&list.Items[i]) {
				names[owner] = true
			}
		}
		if next = list.Continue; next == "" {
			return names, nil
		}
	}
}

func (c *Client) livePage(ctx context.Context, next string) (*v1alpha1.TenantList, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var list v1alpha1.TenantList
	if err := c.client.List(ctx, &list, client.InNamespace(c.Namespace), client.Limit(tenantsAtOnce), client.Continue(next)); err != nil {
		return nil, apiError("list Tenants past the watch", err)
	}
	return &list, nil
}

// Shared returns all Tenants of the Platform in no order, as they lie in the cache: they are not to be changed.
// Copies of ten thousand of them would take longer than all the rest of a page.
func (c *Client) Shared(ctx context.Context) ([]*v1alpha1.Tenant, error) {
	var list v1alpha1.TenantList
	if err := c.cache.List(ctx, &list, client.InNamespace(c.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, apiError("list Tenants", err)
	}
	tenants := make([]*v1alpha1.Tenant, 0, len(list.Items))
	for i := range list.Items {
		if list.Items[i].PlatformName() == c.PlatformName {
			tenants = append(tenants, &list.Items[i])
		}
	}
	return tenants, nil
}

func (c *Client) list(ctx context.Context, options ...client.ListOption) ([]v1alpha1.Tenant, error) {
	var list v1alpha1.TenantList
	if err := c.cache.List(ctx, &list, append(options, client.InNamespace(c.Namespace))...); err != nil {
		return nil, apiError("list Tenants", err)
	}
	tenants := slices.DeleteFunc(list.Items, func(t v1alpha1.Tenant) bool { return t.PlatformName() != c.PlatformName })
	slices.SortFunc(tenants, func(a, b v1alpha1.Tenant) int { return strings.Compare(a.Name, b.Name) })
	return tenants, nil
}

// Events returns what the operator said of a Tenant lately, newest first.
func (c *Client) Events(ctx context.Context, tenant *v1alpha1.Tenant) ([]eventsv1.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var list eventsv1.EventList
	err := c.client.List(ctx, &list, client.InNamespace(c.Namespace), client.Limit(100),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("regarding.uid", string(tenant.UID))})
	if err != nil {
		return nil, apiError("list events of Tenant "+tenant.Name, err)
	}
	slices.SortFunc(list.Items, func(a, b eventsv1.Event) int { return LastSeen(b).Compare(LastSeen(a)) })
	return list.Items, nil
}

func LastSeen(e eventsv1.Event) time.Time {
	if e.Series != nil {
		return e.Series.LastObservedTime.Time
	}
	return e.EventTime.Time
}

func (c *Client) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: c.Namespace, Name: name}
}
