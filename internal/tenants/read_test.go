package tenants_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tenant := s.register("alice")
	select {
	case name := <-s.created:
		if name != "alice" {
			t.Errorf("the watch reports the creation of %s", name)
		}
	case <-time.After(platformtest.Patience):
		t.Error("the watch has not reported the Tenant")
	}
	if id := tenants.RegistrationID(tenant); id != "r-alice" {
		t.Errorf("the registration is %q", id)
	}
	_, err := s.Client.Create(t.Context(), tenants.NewTenant{Name: "alice", Owner: v1alpha1.TenantOwner{Username: "mallory"}, RegistrationID: "r-mallory"})
	if !errors.Is(err, tenants.ErrExists) || tenants.RegistrationID(s.Tenant("alice")) != "r-alice" {
		t.Errorf("a second Tenant of the name: %v", err)
	}
	_, err = s.Client.Create(t.Context(), tenants.NewTenant{Name: "admin", Owner: v1alpha1.TenantOwner{Username: "admin"}})
	var invalid *tenants.InvalidError
	if !errors.As(err, &invalid) || invalid.Fields[0].Path != "" {
		t.Errorf("a Tenant of a reserved name: %v", err)
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	s.apply("kubectl", "blog-of-alice", "{owner: {username: alice}}")
	s.apply("kubectl", "bob", "{owner: {username: robert}}")
	s.Wait("the cache has all Tenants", func(ctx context.Context) error {
		all, err := s.Search(ctx, tenants.Search{}, 10)
		if err == nil && len(all.Tenants) != 3 {
			err = errors.New("not yet")
		}
		return err
	})
	owned, err := s.OwnedBy(t.Context(), "alice")
	if err != nil || len(owned) != 2 || owned[0].Name != "alice" || owned[1].Name != "blog-of-alice" {
		t.Errorf("alice owns %v, error %v", owned, err)
	}
	if _, err := s.GetOwned(t.Context(), "alice", "blog-of-alice"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"bob", "nobody"} {
		if _, err := s.GetOwned(t.Context(), "alice", name); !errors.Is(err, tenants.ErrNotFound) {
			t.Errorf("alice reads %s: %v", name, err)
		}
	}
	for user, want := range map[string]bool{"alice": true, "robert": true, "bob": true, "carol": false} {
		if has, err := s.HasBlog(t.Context(), user); err != nil || has != want {
			t.Errorf("%s has a blog: %t, error %v", user, has, err)
		}
	}
	names, err := s.LiveNames(t.Context())
	if err != nil || len(names) != 4 || !names["alice"] || !names["blog-of-alice"] || !names["bob"] || !names["robert"] {
		t.Errorf("the names are %v, error %v", names, err)
	}
}
