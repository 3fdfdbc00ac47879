package tenancy_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// The object is written with the row, replaced only by those who have read the present one, and kept by a tombstone.
func TestObjects(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	want := func(what string, id int64, want tenancy.Object) {
		t.Helper()
		got, err := d.store.ReadObject(t.Context(), id)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s, the object is another (-want +got), error %v:\n%s", what, err, diff)
		}
	}
	first := tenancy.Object{JSON: []byte(`{"metadata": {"annotations": {"any": "\u0000"}}}`), Digest: "1"} // jsonb refuses this
	if err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{Object: first}, now); err != nil {
		t.Fatal(err)
	}
	alice := d.find("alice")
	want("at first", alice.ID, first)
	err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{Object: tenancy.Object{JSON: []byte(`{}`), Digest: "other"}}, now)
	if !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("created twice: %v", err)
	}
	want("after another creation", alice.ID, first)

	second := tenancy.Object{JSON: []byte(`{"spec": {}}`), Digest: "2"}
	if err := d.store.KeepObject(t.Context(), alice, second); err != nil {
		t.Fatal(err)
	}
	want("after a change", alice.ID, second)
	if after := d.find("alice"); after.ObjectDigest != "2" || !after.UpdatedAt.Equal(alice.UpdatedAt) {
		t.Errorf("the row is %+v, and directories read it again", after)
	}
	if err := d.store.KeepObject(t.Context(), alice, first); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("an older object replaced a newer one: %v", err)
	}
	want("after a late change", alice.ID, second)

	d.create(spec("bob")) // as with a program that keeps no objects
	bob := d.find("bob")
	if _, err := d.store.ReadObject(t.Context(), bob.ID); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("an object that was not kept: %v", err)
	}
	if err := d.store.KeepObject(t.Context(), bob, first); err != nil {
		t.Error(err)
	}
	want("later", bob.ID, first)

	third := tenancy.Object{JSON: []byte(`{"spec": {"trial": true}}`), Digest: "3"}
	if _, err := d.store.Retain(t.Context(), d.find("alice"), tenancy.DeletedTenant{Object: third}, nil, now, now.AddDate(0, 0, 30)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Retain(t.Context(), d.find("bob"), tenancy.DeletedTenant{UID: "b0b"}, nil, now, now.AddDate(0, 0, 30)); err != nil {
		t.Fatal(err)
	}
	want("as a tombstone", alice.ID, third)
	kept, err := d.store.FindTombstone(t.Context(), "bob")
	if diff := cmp.Diff(tenancy.DeletedTenant{Object: first, UID: "b0b"}, kept.DeletedTenant); diff != "" || err != nil {
		t.Errorf("the tombstone keeps another Tenant (-want +got), error %v:\n%s", err, diff)
	}
	if err := d.store.KeepObject(t.Context(), d.find("bob"), third); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("kept the object of a tenant that has ended: %v", err)
	}
}
