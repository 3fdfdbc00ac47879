package controllers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func onTombstone(value string) func(*v1alpha1.Tenant) {
	return operatortest.Annotate(v1alpha1.AnnotationOnTombstone, value)
}

// A manifest whose annotation starts with an empty schema is applied again after each deletion. It never empties what was
// written since, and each tombstone can be restored.
func TestFreshThatStaysInAManifest(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.WritePost("alice", "The first")
	p.DeleteTenants("alice")
	first := p.Tombstone("alice")
	p.pass(tenancy.Hold)

	manifest := onTombstone(v1alpha1.FreshTombstone(first))
	p.ReadyTenant("alice", manifest)
	p.WritePost("alice", "The second")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Edited" }) // applied again
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog("alice.example.com", http.StatusOK, "The second")

	p.DeleteTenants("alice")
	second := p.Tombstone("alice")
	p.CreateTenant("alice", manifest)
	p.waitInvalid("alice", fmt.Sprintf(`The annotation tenancy.echoblogs.io/on-tombstone has the value "Fresh/%d": another tombstone is newer; ID %d, deleted at `, first, second))
	var listed []int64
	for _, tombstone := range p.Tenant("alice").Status.Tombstones {
		listed = append(listed, tombstone.ID)
		if age := p.Clock.Now().Sub(tombstone.DeletedAt.Time); age < -time.Second || age > time.Hour {
			t.Errorf("it was deleted at %s", tombstone.DeletedAt)
		}
	}
	if diff := cmp.Diff([]int64{second, first}, listed); diff != "" {
		t.Errorf("status.tombstones (-want +got):\n%s", diff)
	}

	// The older data replaces nothing: the newer stays a tombstone.
	p.pass(tenancy.Hold)
	p.EditTenant("alice", onTombstone(v1alpha1.RestoreTombstone(first)))
	restored := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if len(restored.Status.Tombstones) != 0 {
		t.Errorf("a live Tenant has status.tombstones %+v", restored.Status.Tombstones)
	}
	p.WaitBlog("alice.example.com", http.StatusOK, "The first")
	for _, value := range []string{v1alpha1.RestoreTombstone(second), v1alpha1.FreshTombstone(second), "nonsense"} {
		p.EditTenant("alice", onTombstone(value))
		p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
		p.WantBlog("alice.example.com", http.StatusOK, "The first")
	}
	p.DeleteTenants("alice")
	p.pass(tenancy.Hold)
	p.ReadyTenant("alice", onTombstone(v1alpha1.RestoreTombstone(second)))
	p.WaitBlog("alice.example.com", http.StatusOK, "The second")
}

func TestInvalidChoicesOfTombstones(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.ReadyTenant("bob")
	p.DeleteTenants("alice", "bob")
	of := func(name string) int64 { return p.Tombstone(name) }
	p.CreateTenant("alice")
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
	for value, problem := range map[string]string{
		"Restore":                               "no ID of a tombstone follows, as in Restore/42.",
		"restore/1":                             "it begins neither with Restore/ nor with Fresh/.",
		"Fresh/-1":                              "no ID of a tombstone follows",
		"Restore/99999999999999999999":          "no ID of a tombstone follows",
		"Restore/1 ":                            "no ID of a tombstone follows",
		v1alpha1.RestoreTombstone(of("bob")):    fmt.Sprintf("the Tenant has no such tombstone; ID %d, deleted at ", of("alice")),
		v1alpha1.FreshTombstone(of("bob")):      "the Tenant has no such tombstone; ",
		v1alpha1.RestoreTombstone(1_000_000_00): "the Tenant has no such tombstone; ",
	} {
		p.EditTenant("alice", onTombstone(value))
		p.waitInvalid("alice", fmt.Sprintf("The annotation tenancy.echoblogs.io/on-tombstone has the value %q: %s", value, problem))
	}
	// Also where there is nothing to decide about: the data may be lost.
	p.CreateTenant("carol", onTombstone("Restore/7"))
	p.waitInvalid("carol", `has the value "Restore/7": the Tenant has no such tombstone; there is none.`)
}

// A tombstone is restored for its owner only, unless the Platform says otherwise.
func TestTombstoneOfAnotherOwner(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	owned := func(owner string) func(*v1alpha1.Tenant) {
		return func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: owner} }
	}
	p.ReadyTenant("alice", owned("alice"))
	p.WritePost("alice", "Of alice")
	p.ReadyTenant("anon")
	p.DeleteTenants("alice", "anon")
	p.CreateTenant("anon", owned("mallory"), p.Restoring("anon"))
	p.WaitCondition("anon", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRestorationRefused)
	for _, edit := range []func(*v1alpha1.Tenant){owned("mallory"), func(*v1alpha1.Tenant) {}} {
		p.CreateTenant("alice", edit, p.Restoring("alice"))
		p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRestorationRefused)
		p.DeleteTenants("alice")
	}
	schema := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'alice'`)
	p.CreateTenant("alice", owned("mallory"), p.Restoring("alice"))
	refused := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRestorationRefused)
	want := fmt.Sprintf("The tombstone %d, in the schema %q, belonged to the owner \"alice\". Create the Tenant with the owner of the tombstone, "+
		"or list the schema of the tombstone in the Platform's spec.database.adoptableSchemas.", p.Tombstone("alice"), schema)
	if err := operatortest.WantText(refused.Status.Conditions, want); err != nil {
		t.Error(err)
	}
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.AdoptableSchemas = []string{schema} })
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog("alice.example.com", http.StatusOK, "Of alice")
}
