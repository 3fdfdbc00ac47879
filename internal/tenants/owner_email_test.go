package tenants_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// Only the Tenant that a sign-up created follows its owner's address, unless a manifest sets it. Other fields stay, and stay
// the portal's.
func TestSetOwnerEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.DisplayName, w.Trial = "Wonderland", false }))
	s.register("bob")
	s.apply("argocd", "bob", `{"owner": {"username": "bob", "email": "bob@example.org"}}`)
	s.CreateTenant("carol", func(t *v1alpha1.Tenant) {
		t.Spec.Owner = &v1alpha1.TenantOwner{Username: "carol", Email: "carol@example.org"}
	})
	s.register("dave")
	for username, want := range map[string]string{
		"alice": "new@example.org", "bob": "bob@example.org", "carol": "carol@example.org", "nobody": "",
	} {
		for range 2 {
			if err := s.SetOwnerEmail(t.Context(), username, "new@example.org"); err != nil {
				t.Errorf("%s: %v", username, err)
			}
		}
		if want == "" {
			continue
		}
		if owner := s.Tenant(username).Spec.Owner; owner == nil || owner.Email != want || owner.Username != username {
			t.Errorf("%s is owned by %+v, want %s", username, owner, want)
		}
	}
	alice := s.Tenant("alice") // created, edited by two managers, and changed once here
	if alice.Spec.DisplayName != "Wonderland" || alice.OnTrial() || alice.Generation != 4 || len(tenants.OwnersOf(alice)) != 0 {
		t.Errorf("the Tenant is %+v, at generation %d, with fields of %v", alice.Spec, alice.Generation, tenants.OwnersOf(alice).Managers())
	}
	if owner := s.Tenant("dave").Spec.Owner; owner.Email != "dave@example.org" {
		t.Errorf("another Tenant is owned by %+v", owner)
	}
}
