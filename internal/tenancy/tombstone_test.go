package tenancy_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func TestRetainRestoreAndPurge(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	d.exec(`INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at) VALUES ('kept', 'A', 'x', '', '', '', now(), now())`)
	first := d.find("alice")

	tombstone, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, now, now.AddDate(0, 0, 30))
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
	if err := d.store.Restore(t.Context(), spec("alice"), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	d.wantSchemas("alice")
	if kept, err := d.store.FindTombstone(t.Context(), "alice"); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("after the restoration, kept is %+v, error %v", kept, err)
	}
	// A caller that read the row before it was ended and restored ends nothing.
	if _, err := d.store.Drop(t.Context(), first, now); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("dropped what was restored, error %v", err)
	}
	if got := d.find("alice"); got.ID != first.ID || got.State != tenancy.StateLive || got.PrimaryHost != "alice.example.com" {
		t.Errorf("restored: %+v", got)
	}
	var posts int
	if err := connect(t, d.BlogURI).QueryRow(t.Context(), `SELECT count(*) FROM alice.posts`).Scan(&posts); err != nil || posts != 1 {
		t.Errorf("the blog reads %d posts after the restoration, error %v", posts, err)
	}

	if _, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, now, now.AddDate(0, 0, 30)); err != nil {
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
	tombstone, err := d.store.Retain(t.Context(), d.find("alice"), deletedTenant, now, now.AddDate(0, 0, 30))
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

func TestDropReleasesAfterTheHold(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	first := d.find("alice")
	if dropped, err := d.store.Drop(t.Context(), first, now); err != nil || !dropped {
		t.Fatalf("dropped %v, error %v", dropped, err)
	}
	if dropped, err := d.store.Drop(t.Context(), first, now); err != nil || dropped {
		t.Errorf("dropped %v a second time, error %v", dropped, err)
	}
	d.wantSchemas()
	err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now.Add(time.Second))
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice", Kind: tenancy.TenantName, Owner: "alice", HeldUntil: now.Add(tenancy.Hold)})
	if err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now.Add(tenancy.Hold)); err != nil {
		t.Fatal(err)
	}

	// A caller that read the first tenant does not end the next one with its name.
	if dropped, err := d.store.Drop(t.Context(), first, now); err != nil || dropped {
		t.Errorf("dropped %v of another tenant, error %v", dropped, err)
	}
	if tombstone, err := d.store.Retain(t.Context(), first, deletedTenant, now, now.AddDate(0, 0, 30)); err != nil || tombstone != "" {
		t.Errorf("another tenant became the tombstone %q, error %v", tombstone, err)
	}
	d.wantSchemas("alice")
}
