package signup_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// cluster keeps Tenants in memory, with what sign-up relies on: names are unique, a deletion takes effect when the
// operator has finished it, and it is by UID. The test plays the operator. How *tenants.Client behaves against an API
// server is tested in its own package, and by the tests of the public site.
type cluster struct {
	mu       sync.Mutex
	platform *v1alpha1.Platform
	tenants  map[string]*v1alpha1.Tenant
	watchers []func(before, after *v1alpha1.Tenant)
	uids     int
	// ready makes the operator reconcile every Tenant as soon as it is created, and finish every deletion.
	ready bool
	// unavailable makes the API server fail. The cache still answers.
	unavailable bool
	// stale makes the cache know no Tenant.
	stale bool
	// refuse makes the API server refuse new Tenants.
	refuse bool
	// created counts the Tenants that were created.
	created int
}

func newCluster() *cluster {
	platform := &v1alpha1.Platform{}
	platform.Name = v1alpha1.DefaultPlatform
	platform.Spec.Domains = []v1alpha1.ParentDomain{"example.com"}
	return &cluster{platform: platform, tenants: make(map[string]*v1alpha1.Tenant)}
}

// registrationOf returns the ID of the registration of a Tenant, or "".
func (c *cluster) registrationOf(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if tenant := c.tenants[name]; tenant != nil {
		return tenants.RegistrationID(tenant)
	}
	return ""
}

// add adds a Tenant, with a condition if one is named.
func (c *cluster) add(name, registrationID, condition, reason string, deleting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tenant := c.newTenant(name, registrationID)
	if condition != "" {
		setCondition(tenant, condition, reason)
	}
	if deleting {
		tenant.DeletionTimestamp = &metav1.Time{Time: time.Unix(0, 0)}
	}
	c.tenants[name] = tenant
}

func (c *cluster) newTenant(name, registrationID string) *v1alpha1.Tenant {
	c.uids++
	tenant := &v1alpha1.Tenant{}
	tenant.Name, tenant.UID, tenant.Generation = name, types.UID(fmt.Sprint(c.uids)), 1
	if registrationID != "" {
		tenant.Annotations = map[string]string{v1alpha1.AnnotationRegistration: registrationID}
	}
	return tenant
}

func setCondition(tenant *v1alpha1.Tenant, condition, reason string) {
	meta.SetStatusCondition(&tenant.Status.Conditions, metav1.Condition{
		Type: condition, Status: metav1.ConditionTrue, Reason: reason, ObservedGeneration: tenant.Generation,
	})
}

// set has the operator set a condition of a Tenant.
func (c *cluster) set(name, condition, reason string) {
	c.change(name, func(tenant *v1alpha1.Tenant) *v1alpha1.Tenant {
		setCondition(tenant, condition, reason)
		return tenant
	})
}

// finishDeletions has the operator finish all deletions.
func (c *cluster) finishDeletions() {
	c.mu.Lock()
	var deleting []string
	for name, tenant := range c.tenants {
		if !tenant.DeletionTimestamp.IsZero() {
			deleting = append(deleting, name)
		}
	}
	c.mu.Unlock()
	for _, name := range deleting {
		c.change(name, func(*v1alpha1.Tenant) *v1alpha1.Tenant { return nil })
	}
}

// change replaces a Tenant and notifies the watchers.
func (c *cluster) change(name string, edit func(*v1alpha1.Tenant) *v1alpha1.Tenant) {
	c.mu.Lock()
	before := c.tenants[name]
	var after *v1alpha1.Tenant
	if before == nil {
		after = edit(nil)
	} else {
		after = edit(before.DeepCopy())
	}
	if after == nil {
		delete(c.tenants, name)
	} else {
		c.tenants[name] = after
	}
	watchers := c.watchers
	c.mu.Unlock()
	for _, changed := range watchers {
		changed(before, after)
	}
}

// client returns the cluster as one replica sees it.
func (c *cluster) client(f *fault) *client { return &client{cluster: c, fault: f} }

type client struct {
	cluster *cluster
	fault   *fault
}

func (c *client) Platform(context.Context) (*v1alpha1.Platform, error) {
	return c.cluster.platform, nil
}
func (c *client) Synced(context.Context) bool { return true }

func (c *client) OnChange(changed func(before, after *v1alpha1.Tenant)) {
	c.cluster.mu.Lock()
	defer c.cluster.mu.Unlock()
	c.cluster.watchers = append(c.cluster.watchers, changed)
}

func (c *client) Get(_ context.Context, name string) (*v1alpha1.Tenant, error) {
	c.cluster.mu.Lock()
	defer c.cluster.mu.Unlock()
	tenant := c.cluster.tenants[name]
	if tenant == nil || c.cluster.stale {
		return nil, fmt.Errorf("read Tenant %s: %w", name, tenants.ErrNotFound)
	}
	return tenant.DeepCopy(), nil
}

// call does a call of the API server.
func (c *client) call(do func() error) error {
	err := c.fault.call(func() error {
		c.cluster.mu.Lock()
		unavailable := c.cluster.unavailable
		c.cluster.mu.Unlock()
		if unavailable {
			return errFault
		}
		return do()
	})
	if err == errFault { //nolint:errorlint // it is never wrapped
		return fmt.Errorf("%w: %w", tenants.ErrUnavailable, err)
	}
	return err
}

func (c *client) GetLive(_ context.Context, name string) (found *v1alpha1.Tenant, err error) {
	err = c.call(func() error {
		c.cluster.mu.Lock()
		defer c.cluster.mu.Unlock()
		tenant := c.cluster.tenants[name]
		if tenant == nil {
			return fmt.Errorf("read Tenant %s: %w", name, tenants.ErrNotFound)
		}
		found = tenant.DeepCopy()
		return nil
	})
	return found, err
}

func (c *client) Create(_ context.Context, n tenants.NewTenant) (created *v1alpha1.Tenant, err error) {
	err = c.call(func() error {
		c.cluster.mu.Lock()
		exists, refuse, ready := c.cluster.tenants[n.Name] != nil, c.cluster.refuse, c.cluster.ready
		if !exists && !refuse {
			c.cluster.created++
			created = c.cluster.newTenant(n.Name, n.RegistrationID)
			created.Spec.Owner = &n.Owner
		}
		c.cluster.mu.Unlock()
		switch {
		case exists:
			return fmt.Errorf("create Tenant %s: %w", n.Name, tenants.ErrExists)
		case refuse:
			return fmt.Errorf("create Tenant %s: %w", n.Name, &tenants.InvalidError{Fields: []tenants.InvalidField{{Message: "This name is reserved."}}})
		}
		c.cluster.change(n.Name, func(*v1alpha1.Tenant) *v1alpha1.Tenant { return created.DeepCopy() })
		if ready {
			go c.cluster.set(n.Name, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded)
		}
		return nil
	})
	return created, err
}

func (c *client) Discard(_ context.Context, discarded *v1alpha1.Tenant) error {
	return c.call(func() error {
		c.cluster.mu.Lock()
		tenant := c.cluster.tenants[discarded.Name]
		found, ready := tenant != nil && tenant.UID == discarded.UID, c.cluster.ready
		c.cluster.mu.Unlock()
		if !found {
			return nil
		}
		c.cluster.change(discarded.Name, func(tenant *v1alpha1.Tenant) *v1alpha1.Tenant {
			tenant.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
			tenant.DeletionTimestamp = &metav1.Time{Time: time.Unix(0, 0)}
			return tenant
		})
		if ready {
			go c.cluster.finishDeletions()
		}
		return nil
	})
}
