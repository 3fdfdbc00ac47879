package tenants_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// What a person has set once with kubectl patch or edit can be changed here, too, and then belongs to the portal. Other
// fields of those managers, and those that another manager owns as well, stay theirs.
func TestOneOffManagersAreTakenOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	patch := func(manager, patch string) {
		t.Helper()
		tenant := s.Tenant("alice")
		if err := s.Platform.Client.Patch(t.Context(), tenant, client.RawPatch(types.MergePatchType, []byte(patch)), client.FieldOwner(manager)); err != nil {
			t.Fatal(err)
		}
	}
	patch("kubectl-patch", `{"spec": {"suspended": true, "paidUntil": "2030-12-31", "limits": {"posts": 3}, "deletionPolicy": "Delete"}}`)
	patch("kubectl-edit", `{"spec": {"customDomains": ["www.alice.org"]}}`)
	patch("another", `{"spec": {"displayName": "Another"}}`)
	owners := tenants.OwnersOf(s.Tenant("alice"))
	if got := owners.Managers(); !slices.Equal(got, []string{"another", "kubectl-patch"}) || owners.Field("deletionPolicy") != "kubectl-patch" || owners.Field("suspended") != "" {
		t.Errorf("the owners are %v", got)
	}
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) {
		w.Suspended, w.PaidUntil, w.Posts, w.CustomDomains = false, "2031-12-31", nil, nil
	}))
	want := v1alpha1.TenantSpec{
		Owner:     &v1alpha1.TenantOwner{Username: "alice", Email: "alice@example.org"},
		PaidUntil: "2031-12-31", DisplayName: "Another", DeletionPolicy: v1alpha1.DeletionPolicyDelete,
	}
	if diff := cmp.Diff(want, s.Tenant("alice").Spec); diff != "" {
		t.Errorf("the spec (-want +got):\n%s", diff)
	}
	_, err := s.Client.Edit(t.Context(), changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.DisplayName = "Alice" }))
	var owned *tenants.FieldOwnedError
	if !errors.As(err, &owned) || owned.Fields[0].Manager != "another" {
		t.Errorf("an edit of the field of another manager: %v", err)
	}
}
