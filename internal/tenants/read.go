package tenants

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
)

const (
	// tenantsPerList is the number of Tenants in one page of a list from the API server.
	tenantsPerList = 500
	// maxEvents is the largest number of events that are read.
	maxEvents = 100
	// ownerIndex is the index of Tenants by the user name of their owner.
	ownerIndex = "spec.owner.username"
)

func indexOwner(object client.Object) []string {
	tenant, ok := object.(*v1alpha1.Tenant)
	if !ok || tenant.Spec.Owner == nil {
		return nil
	}
	return []string{tenant.Spec.Owner.Username}
}

// Person is an account on the public site.
type Person struct {
	// Username is the account's.
	Username string
	// Email is the account's address, in any case. Confirmed is whether the address is known to be the user's.
	Email     string
	Confirmed bool
}

// IsOwner reports whether a person is the owner of a Tenant: the one who signed up for it, or whom its author means. Anybody
// may have signed up with the user name that an author writes down later, so the address has to be that of the account, if
// the Tenant names one.
func IsOwner(t *v1alpha1.Tenant, p Person) bool {
	owner := t.Spec.Owner
	if owner == nil || owner.Username != p.Username {
		return false
	}
	return RegistrationID(t) != "" || owner.Email == "" || p.Confirmed && naming.EmailKey(owner.Email) == naming.EmailKey(p.Email)
}

// Platform returns the Platform from the cache, or ErrNoPlatform.
func (c *Client) Platform(ctx context.Context) (*v1alpha1.Platform, error) {
	if !c.Synced(ctx) {
		return nil, ErrNoPlatform
	}
	var platform v1alpha1.Platform
	err := apiError("read Platform "+c.PlatformName, c.cache.Get(ctx, c.key(c.PlatformName), &platform))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, ErrNoPlatform
	case err != nil:
		return nil, err
	}
	return &platform, nil
}

// GetLivePlatform reads the Platform from the API server.
func (c *Client) GetLivePlatform(ctx context.Context) (*v1alpha1.Platform, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var platform v1alpha1.Platform
	if err := c.client.Get(ctx, c.key(c.PlatformName), &platform); err != nil {
		return nil, apiError("read Platform "+c.PlatformName, err)
	}
	return &platform, nil
}

// Get returns a Tenant from the cache. It returns ErrNotFound if there is none.
func (c *Client) Get(ctx context.Context, name string) (*v1alpha1.Tenant, error) {
	var tenant v1alpha1.Tenant
	if err := c.cache.Get(ctx, c.key(name), &tenant); err != nil {
		return nil, apiError("read Tenant "+name, err)
	}
	return &tenant, nil
}

// GetLive reads a Tenant from the API server. It returns ErrNotFound if there is none.
func (c *Client) GetLive(ctx context.Context, name string) (*v1alpha1.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var tenant v1alpha1.Tenant
	if err := c.client.Get(ctx, c.key(name), &tenant); err != nil {
		return nil, apiError("read Tenant "+name, err)
	}
	return &tenant, nil
}

// GetOwned reads a Tenant of a person from the API server. It returns ErrNotFound if there is none or if it belongs to
// another person.
func (c *Client) GetOwned(ctx context.Context, p Person, name string) (*v1alpha1.Tenant, error) {
	// The cache answers for most names that a user may try.
	owned, err := c.OwnedBy(ctx, p)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(owned, func(t v1alpha1.Tenant) bool { return t.Name == name }) {
		return nil, notFound(name)
	}
	tenant, err := c.GetLive(ctx, name)
	if err != nil {
		return nil, err
	}
	if !IsOwner(tenant, p) {
		return nil, notFound(name)
	}
	return tenant, nil
}

// OwnedBy returns the Tenants of a person from the cache, ordered by name.
func (c *Client) OwnedBy(ctx context.Context, p Person) ([]v1alpha1.Tenant, error) {
	named, err := c.naming(ctx, p.Username)
	return slices.DeleteFunc(named, func(t v1alpha1.Tenant) bool { return !IsOwner(&t, p) }), err
}

// naming returns the Tenants that name a user as their owner, from the cache, ordered by name.
func (c *Client) naming(ctx context.Context, username string) ([]v1alpha1.Tenant, error) {
	var list v1alpha1.TenantList
	if err := c.cache.List(ctx, &list, client.InNamespace(c.Namespace), client.MatchingFields{ownerIndex: username}); err != nil {
		return nil, apiError("list Tenants", err)
	}
	owned := slices.DeleteFunc(list.Items, func(t v1alpha1.Tenant) bool { return t.PlatformName() != c.PlatformName })
	slices.SortFunc(owned, func(a, b v1alpha1.Tenant) int { return strings.Compare(a.Name, b.Name) })
	return owned, nil
}

// HasBlog reports whether a Tenant names a user as its owner or has the user's name, according to the cache.
func (c *Client) HasBlog(ctx context.Context, username string) (bool, error) {
	_, err := c.Get(ctx, username)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	named, err := c.naming(ctx, username)
	return len(named) > 0, err
}

// LiveNames reads the names of all Tenants, and of their owners, from the API server.
func (c *Client) LiveNames(ctx context.Context) (map[string]bool, error) {
	names := make(map[string]bool)
	for next := ""; ; {
		list, err := c.livePage(ctx, next)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			names[list.Items[i].Name] = true
			if owner := list.Items[i].Spec.Owner; owner != nil {
				names[owner.Username] = true
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
	if err := c.client.List(ctx, &list, client.InNamespace(c.Namespace), client.Limit(tenantsPerList), client.Continue(next)); err != nil {
		return nil, apiError("list Tenants from the API server", err)
	}
	return &list, nil
}

// Event is an event that the operator recorded about a Tenant.
type Event struct {
	// Reason and Note are the event's.
	Reason, Note string
	// At is the time of the last occurrence, and Count the number of occurrences.
	At    time.Time
	Count int32
}

// Events reads the recent events about a Tenant from the API server, newest first.
func (c *Client) Events(ctx context.Context, tenant *v1alpha1.Tenant) ([]Event, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var list eventsv1.EventList
	err := c.client.List(ctx, &list, client.InNamespace(c.Namespace), client.Limit(maxEvents),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("regarding.uid", string(tenant.UID))})
	if err != nil {
		return nil, apiError("list events of Tenant "+tenant.Name, err)
	}
	events := make([]Event, len(list.Items))
	for i, e := range list.Items {
		events[i] = Event{Reason: e.Reason, Note: e.Note, At: e.EventTime.Time, Count: 1}
		if e.Series != nil {
			events[i].At, events[i].Count = e.Series.LastObservedTime.Time, e.Series.Count
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return b.At.Compare(a.At) })
	return events, nil
}
