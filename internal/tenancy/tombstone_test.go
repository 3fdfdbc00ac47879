package tenancy_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func TestRetainRestoreAndPurge(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	d.exec(`INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at) VALUES ('kept', 'A', 'x', '', '', '', now(), now())`)
	first := d.find("alice")

	tombstone, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, nil, now, now.AddDate(0, 0, 30))
	if err != nil {
		t.Fatal(err)
	}
	d.wantSchemas(tombstone)
	err = d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now.Add(time.Hour))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice", Kind: tenancy.TenantName, Owner: "alice", Tombstone: true})
	other := spec("bob")
	other.PrimaryHost = "alice.example.com"
	err = d.store.Create(t.Context(), other, tenancy.CreateOptions{}, now.Add(time.Hour))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice.example.com", Kind: tenancy.HostName, Owner: "alice", Tombstone: true})

	if kept, err := d.store.FindTombstone(t.Context(), "alice"); err != nil || !reflect.DeepEqual(kept.DeletedTenant, deletedTenant) || kept.TombstoneSchema != tombstone {
		t.Errorf("kept is %+v, error %v", kept, err)
	}
	if err := d.store.Restore(t.Context(), spec("alice"), first.ID, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	d.wantSchemas("alice")
	if kept, err := d.store.FindTombstone(t.Context(), "alice"); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("after the restoration, kept is %+v, error %v", kept, err)
	}
	// A caller that read the row before it was ended and restored ends nothing.
	if _, err := d.store.Drop(t.Context(), first, nil, now); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("dropped what was restored, error %v", err)
	}
	if got := d.find("alice"); got.ID != first.ID || got.State != tenancy.StateLive || got.PrimaryHost != "alice.example.com" {
		t.Errorf("restored: %+v", got)
	}
	var posts int
	if err := connect(t, d.BlogURI).QueryRow(t.Context(), `SELECT count(*) FROM alice.posts`).Scan(&posts); err != nil || posts != 1 {
		t.Errorf("the blog reads %d posts after the restoration, error %v", posts, err)
	}

	if _, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, nil, now, now.AddDate(0, 0, 30)); err != nil {
		t.Fatal(err)
	}
	if purged, err := d.store.Purge(t.Context(), now.AddDate(0, 0, 30).Add(-time.Second), 10); err != nil || len(purged) != 0 {
		t.Errorf("purged %v early, error %v", purged, err)
	}
	if purged, err := d.store.Purge(t.Context(), now.AddDate(0, 0, 30), 10); err != nil || len(purged) != 1 {
		t.Errorf("purged %v, error %v", purged, err)
	}
	d.wantSchemas()
	d.create(spec("alice"))
}

func TestFreshSupersedesTheTombstone(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	tombstone, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, nil, now, now.AddDate(0, 0, 30))
	if err != nil {
		t.Fatal(err)
	}
	err = d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{Fresh: true}, now.Add(time.Second))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice.example.com", Kind: tenancy.HostName, Owner: "alice", HeldUntil: now.Add(tenancy.Hold)})
	if err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{Fresh: true}, now.Add(tenancy.Hold)); err != nil {
		t.Fatal(err)
	}
	d.wantSchemas("alice", tombstone)
	if _, err := d.store.Purge(t.Context(), now.AddDate(0, 0, 30), 10); err != nil {
		t.Fatal(err)
	}
	d.wantSchemas("alice")
}

// Any of several tombstones of one name can be restored; the one that has the name is superseded.
func TestRestoreAnOlderTombstone(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	retain := func(at time.Time) (id int64, schema string) {
		t.Helper()
		schema, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, nil, at, at.AddDate(0, 0, 30))
		if err != nil {
			t.Fatal(err)
		}
		return d.find("alice").ID, schema
	}
	d.create(spec("alice"))
	d.exec(`CREATE TABLE alice.marker ()`)
	older, olderSchema := retain(now)
	at := now.Add(tenancy.Hold)
	if err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{Fresh: true}, at); err != nil {
		t.Fatal(err)
	}
	newer, newerSchema := retain(at)
	d.wantSchemas(olderSchema, newerSchema)

	list := func() (ids []int64) {
		t.Helper()
		tombstones, err := d.store.ListTombstonesNamed(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		for _, tombstone := range tombstones {
			ids = append(ids, tombstone.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]int64{newer, older}, list()); diff != "" {
		t.Errorf("tombstones (-want +got):\n%s", diff)
	}
	for _, id := range []int64{0, newer + 1000} {
		if err := d.store.Restore(t.Context(), spec("alice"), id, at); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("restored %d: %v", id, err)
		}
	}
	if err := d.store.Restore(t.Context(), spec("bob"), older, at); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("a Tenant restored the tombstone of another one: %v", err)
	}
	err := d.store.Restore(t.Context(), spec("alice"), older, at.Add(time.Second))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice.example.com", Kind: tenancy.HostName, Owner: "alice", HeldUntil: at.Add(tenancy.Hold)})
	if err := d.store.Restore(t.Context(), spec("alice"), older, at.Add(tenancy.Hold)); err != nil {
		t.Fatal(err)
	}
	d.wantSchemas("alice", newerSchema)
	d.exec(`SELECT FROM alice.marker`)
	if diff := cmp.Diff([]int64{newer}, list()); diff != "" {
		t.Errorf("tombstones after the restoration (-want +got):\n%s", diff)
	}

	// A live tenant is never replaced.
	if err := d.store.Restore(t.Context(), spec("alice"), newer, at.Add(time.Hour)); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("restored over a live tenant: %v", err)
	}
	d.wantSchemas("alice", newerSchema)
	// Nor is one whose names are held.
	if _, err := d.store.Drop(t.Context(), d.find("alice"), nil, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	err = d.store.Restore(t.Context(), spec("alice"), newer, at.Add(time.Hour))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice", Kind: tenancy.TenantName, Owner: "alice", HeldUntil: at.Add(time.Hour + tenancy.Hold)})
	if err := d.store.Restore(t.Context(), spec("alice"), newer, at.Add(time.Hour+tenancy.Hold)); err != nil {
		t.Error(err)
	}
	d.wantSchemas("alice")
}

// The restoration of a database leaves schemas that were created since: that of a tombstone keeps its tenant from nothing.
func TestRetainBesideALeftTombstone(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	alice := d.find("alice")
	left, err := d.store.Retain(t.Context(), alice, deletedTenant, nil, now, now.AddDate(0, 0, 30))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.Restore(t.Context(), spec("alice"), alice.ID, now); err != nil {
		t.Fatal(err)
	}
	d.exec(`CREATE SCHEMA ` + left)
	again, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, nil, now.Add(time.Second), now.AddDate(0, 0, 30))
	if err != nil {
		t.Fatal(err)
	}
	d.wantSchemas(left, again)
}

func TestDropReleasesAfterTheHold(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	first := d.find("alice")
	if dropped, err := d.store.Drop(t.Context(), first, nil, now); err != nil || !dropped {
		t.Fatalf("dropped %v, error %v", dropped, err)
	}
	if dropped, err := d.store.Drop(t.Context(), first, nil, now); err != nil || dropped {
		t.Errorf("dropped %v a second time, error %v", dropped, err)
	}
	d.wantSchemas()
	err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now.Add(time.Second))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice", Kind: tenancy.TenantName, Owner: "alice", HeldUntil: now.Add(tenancy.Hold)})
	if err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now.Add(tenancy.Hold)); err != nil {
		t.Fatal(err)
	}

	// A caller that read the first tenant does not end the next one with its name.
	if dropped, err := d.store.Drop(t.Context(), first, nil, now); err != nil || dropped {
		t.Errorf("dropped %v of another tenant, error %v", dropped, err)
	}
	if tombstone, err := d.store.Retain(t.Context(), first, deletedTenant, nil, now, now.AddDate(0, 0, 30)); err != nil || tombstone != "" {
		t.Errorf("another tenant became the tombstone %q, error %v", tombstone, err)
	}
	d.wantSchemas("alice")
}
