package tenancy_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// Each row that was read in advance is used once, and changes that are computed from an old one are refused.
func TestPrefetchedRowsAreUsedOnce(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	read := d.find("alice")
	if err := d.store.Prefetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.exec(`UPDATE public.tenants SET display_name = 'Changed', updated_at = now() WHERE name = 'alice'`)

	old := d.findPrefetched("alice")
	if diff := cmp.Diff(read, old); diff != "" {
		t.Errorf("the row that was read in advance (-want +got):\n%s", diff)
	}
	if err := d.store.Update(t.Context(), old.Spec, old.UpdatedAt, now); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("an update of an old row: got %v, want ErrConflict", err)
	}
	if latest := d.findPrefetched("alice"); latest.DisplayName != "Changed" {
		t.Errorf("the row is found with the title %q a second time", latest.DisplayName)
	}
	if _, err := d.store.FindPrefetched(t.Context(), "bob"); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("a tenant that does not exist: got %v, want ErrNotFound", err)
	}
}

// A tenant that loses a host to another one after the rows were read is not found with it.
func TestPrefetchedRowsEndWhenHostsAreTakenOver(t *testing.T) {
	t.Parallel()
	const host = "www.alice.org"
	d := newDatabase(t)
	d.create(withHost("alice", host, ""))
	d.create(spec("bob"))
	if err := d.store.Prefetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.update(withHost("bob", host, tenancy.ProofDNS), now)
	if alice := d.findPrefetched("alice"); slices.Contains(alice.CustomHosts, host) {
		t.Errorf("alice still has %v", alice.CustomHosts)
	}
}

// A tenant that has ended is not found as it was by the next tenant of that name, nor one that was inspected, and may have been
// changed then.
func TestPrefetchedRowsEndWithTheTenant(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, name := range []string{"alice", "bob", "carol"} {
		d.create(spec(name))
	}
	if err := d.store.Prefetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Drop(t.Context(), d.find("alice"), nil, now); err != nil {
		t.Fatal(err)
	}
	if found := d.findPrefetched("alice"); found.State != tenancy.StateReleased {
		t.Errorf("alice was dropped, and is found as %s", found.State)
	}
	if _, err := d.store.Retain(t.Context(), d.find("bob"), deletedTenant, nil, now, now.Add(30*day)); err != nil {
		t.Fatal(err)
	}
	if found := d.findPrefetched("bob"); found.State != tenancy.StateTombstone {
		t.Errorf("bob was retained, and is found as %s", found.State)
	}
	if _, err := d.store.Inspect(t.Context(), "carol"); err != nil {
		t.Fatal(err)
	}
	changed := spec("carol")
	changed.DisplayName = "Changed"
	d.update(changed, now)
	if found := d.findPrefetched("carol"); found.DisplayName != "Changed" {
		t.Errorf("carol was changed, and is found with the title %q", found.DisplayName)
	}
}

func (d *database) findPrefetched(name string) tenancy.Tenant {
	d.t.Helper()
	tenant, err := d.store.FindPrefetched(d.t.Context(), name)
	if err != nil {
		d.t.Fatalf("find %s: %v", name, err)
	}
	return tenant
}
