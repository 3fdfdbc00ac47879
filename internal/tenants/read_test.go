package tenants_test

import (
	"context"
	"errors"
	"slices"
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
	s.apply("kubectl", "book-of-alice", "{owner: {username: alice, email: Alice@example.org}}")
	s.apply("kubectl", "bob", "{owner: {username: robert}}")
	s.Wait("the cache has all Tenants", func(ctx context.Context) error {
		all, err := s.Search(ctx, tenants.Search{}, 10)
		if err == nil && len(all.Tenants) != 4 {
			err = errors.New("not yet")
		}
		return err
	})
	alice := tenants.Person{Username: "alice", Email: "alice@example.org", Confirmed: true}
	for _, c := range []struct {
		why    string
		person tenants.Person
		want   []string
	}{
		{"the address that the manifest names", alice, []string{"alice", "blog-of-alice", "book-of-alice"}},
		{"an address that is not confirmed", tenants.Person{Username: "alice", Email: "alice@example.org"}, []string{"alice", "blog-of-alice"}},
		{"another address", tenants.Person{Username: "alice", Email: "mallory@example.org", Confirmed: true}, []string{"alice", "blog-of-alice"}},
		{"another user", tenants.Person{Username: "mallory", Email: "alice@example.org", Confirmed: true}, nil},
	} {
		owned, err := s.OwnedBy(t.Context(), c.person)
		var names []string
		for _, tenant := range owned {
			names = append(names, tenant.Name)
		}
		if err != nil || !slices.Equal(names, c.want) {
			t.Errorf("with %s the user owns %v, not %v, error %v", c.why, names, c.want, err)
		}
		owns, err := s.Owns(t.Context(), c.person.Username, c.person.Email, c.person.Confirmed, "book-of-alice")
		if err != nil || owns != slices.Contains(c.want, "book-of-alice") {
			t.Errorf("with %s the user owns book-of-alice: %t, error %v", c.why, owns, err)
		}
	}
	if _, err := s.GetOwned(t.Context(), alice, "blog-of-alice"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"bob", "nobody"} {
		if _, err := s.GetOwned(t.Context(), alice, name); !errors.Is(err, tenants.ErrNotFound) {
			t.Errorf("alice reads %s: %v", name, err)
		}
	}
	for user, want := range map[string]bool{"alice": true, "robert": true, "bob": true, "carol": false} {
		if has, err := s.HasBlog(t.Context(), user); err != nil || has != want {
			t.Errorf("%s has a blog: %t, error %v", user, has, err)
		}
	}
	names, err := s.LiveNames(t.Context())
	if err != nil || len(names) != 5 || !names["alice"] || !names["blog-of-alice"] || !names["bob"] || !names["robert"] {
		t.Errorf("the names are %v, error %v", names, err)
	}
}
