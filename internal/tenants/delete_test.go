package tenants_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// deleted reports whether a Tenant is being deleted, and ends it as the operator does.
func (s *site) deleted(name string) bool {
	s.t.Helper()
	tenant := s.Tenant(name)
	if tenant.DeletionTimestamp.IsZero() {
		return false
	}
	tenant.Finalizers = nil
	if err := s.Platform.Client.Update(s.t.Context(), tenant); err != nil {
		s.t.Fatal(err)
	}
	return true
}

// A deletion concerns the Tenant that the caller has seen, not a later one of its name.
func TestDeleteByUID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.register("alice")
	deleted, err := s.Client.Delete(t.Context(), tenants.VersionOf(first))
	if err != nil || deleted == nil || deleted.UID != first.UID || !s.deleted("alice") {
		t.Fatalf("the deletion returned %v, error %v", deleted, err)
	}
	s.register("alice")
	if _, err := s.Client.Delete(t.Context(), tenants.VersionOf(first)); !errors.Is(err, tenants.ErrNotFound) {
		t.Errorf("the deletion of an earlier Tenant: %v", err)
	}
	if err := s.Discard(t.Context(), first); err != nil {
		t.Errorf("the discarding of an earlier Tenant: %v", err)
	}
	if second := s.Tenant("alice"); !second.DeletionTimestamp.IsZero() || second.Generation != 1 {
		t.Errorf("the later Tenant was changed: %+v", second)
	}
}

func TestDeleteAfterChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seen := tenants.VersionOf(s.register("alice"))
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.Trial = false }))
	var changed *tenants.ChangedError
	if _, err := s.Client.Delete(t.Context(), seen); !errors.As(err, &changed) || changed.Tenant.Generation != 2 {
		t.Errorf("the deletion of a Tenant that has changed: %v", err)
	}
	s.beforeNextWrite(func() { s.setPhase("alice", v1alpha1.TenantActive) })
	if _, err := s.Client.Delete(t.Context(), tenants.VersionOf(s.Tenant("alice"))); err != nil || !s.deleted("alice") {
		t.Errorf("the deletion after a change of status: %v", err)
	}
}

// Discard drops the data, whatever the deletion policy was.
func TestDiscard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tenant := s.register("alice")
	tenant.Finalizers = []string{"example.com/held"}
	if err := s.Platform.Client.Update(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is being deleted already
		if err := s.Discard(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	if left := s.Tenant("alice"); left.DeletionTimestamp.IsZero() || left.Annotations[v1alpha1.AnnotationDeletion] != v1alpha1.DeletionApproved || left.Spec.DeletionPolicy != v1alpha1.DeletionPolicyDelete {
		t.Errorf("the Tenant is %+v", left)
	}
	deleted, err := s.Client.Delete(t.Context(), tenants.VersionOf(tenant).Latest())
	if err != nil || deleted != nil {
		t.Errorf("the deletion of a Tenant that is being deleted returned %v, error %v", deleted, err)
	}
}

// A deletion that its owner confirms is approved before it begins, also one that others have begun. Staff approve none.
func TestDeleteApproved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, first := range map[string]func(context.Context, tenants.Version) (*v1alpha1.Tenant, error){"alice": s.Client.DeleteApproved, "bob": s.Client.Delete} {
		tenant := s.register(name)
		if _, err := first(t.Context(), tenants.VersionOf(tenant)); err != nil {
			t.Fatal(err)
		}
		if decision := s.Tenant(name).Annotations[v1alpha1.AnnotationDeletion]; (decision == v1alpha1.DeletionApproved) != (name == "alice") {
			t.Errorf("the deletion of %s has the decision %q", name, decision)
		}
		if deleted, err := s.Client.DeleteApproved(t.Context(), tenants.VersionOf(tenant).Latest()); err != nil || deleted != nil {
			t.Errorf("the deletion of a Tenant that is being deleted returned %v, error %v", deleted, err)
		}
		if decision := s.Tenant(name).Annotations[v1alpha1.AnnotationDeletion]; decision != v1alpha1.DeletionApproved {
			t.Errorf("the deletion of %s has the decision %q", name, decision)
		}
	}
}

// A deletion that fails leaves no approval of its own behind, with which a later one would pass the brake.
func TestApprovalIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	edit := func() {
		s.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName += "!" })
	}
	var changed *tenants.ChangedError
	seen := tenants.VersionOf(s.register("alice"))
	s.beforeNextWrite(func() { s.beforeNextWrite(edit) }) // after the approval
	if _, err := s.Client.DeleteApproved(t.Context(), seen); !errors.As(err, &changed) || changed.Tenant.Annotations[v1alpha1.AnnotationDeletion] != v1alpha1.DeletionApproved {
		t.Fatalf("the deletion of a Tenant that has changed: %v", err)
	}
	if left := s.Tenant("alice"); !left.DeletionTimestamp.IsZero() || left.Annotations[v1alpha1.AnnotationDeletion] != "" {
		t.Errorf("the Tenant is %+v", left)
	}
	s.EditTenant("alice", func(t *v1alpha1.Tenant) {
		t.Annotations[v1alpha1.AnnotationDeletion] = v1alpha1.DeletionApproved // by an administrator
	})
	if _, err := s.Client.DeleteApproved(t.Context(), seen); !errors.As(err, &changed) {
		t.Fatalf("the deletion of a Tenant that has changed: %v", err)
	}
	if left := s.Tenant("alice"); left.Annotations[v1alpha1.AnnotationDeletion] != v1alpha1.DeletionApproved {
		t.Errorf("the annotations are %v", left.Annotations)
	}
}

func TestKeptUntil(t *testing.T) {
	t.Parallel()
	platform, tenant := &v1alpha1.Platform{}, &v1alpha1.Tenant{}
	if until := tenants.KeptUntil(platform, tenant, now); !until.Equal(time.Date(2027, 2, 9, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("kept until %s", until)
	}
	tenant.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	if until := tenants.KeptUntil(platform, tenant, now); !until.IsZero() {
		t.Errorf("kept until %s", until)
	}
}
