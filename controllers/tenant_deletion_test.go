package controllers_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func TestDeleteDropsTheSchemaAndHoldsTheNames(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
	p.DeleteTenants("alice")
	if query[int](p, operatortest.SchemaCount, "alice") != 0 {
		t.Error("the schema is still there")
	}
	p.WantNoIngress("alice")
	p.WaitBlog("alice.example.com", http.StatusNotFound, operatortest.NoBlog)
	p.WantEvent("alice", v1alpha1.ReasonSchemaDropped)

	p.CreateTenant("alice")
	held := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNameHeld)
	if held.Status.Phase != v1alpha1.TenantPending {
		t.Errorf("phase %s", held.Status.Phase)
	}
	p.Clock.SetTime(p.Clock.Now().Add(tenancy.Hold))
	p.Nudge("alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

func TestRetainAndRestore(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"} })
	p.WritePost("alice", "What is kept")
	p.DeleteTenants("alice")
	p.WantNoIngress("alice")
	p.WaitBlog("alice.example.com", http.StatusNotFound, operatortest.NoBlog)
	tombstone := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'alice'`)
	if query[int](p, operatortest.SchemaCount, tombstone) != 1 || query[int](p, operatortest.SchemaCount, "alice") != 0 {
		t.Errorf("the schema did not become the tombstone %s", tombstone)
	}

	if said := query[string](p, `SELECT o.object->>'spec' FROM public.tenant_objects o JOIN public.tenants t ON t.id = o.tenant_id WHERE t.name = 'alice'`); said != `{"customDomains":["www.alice.org"]}` {
		t.Errorf("the spec in the tombstone is %s", said)
	}

	// Its names stay taken for every Tenant.
	p.CreateTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "alice" })
	p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaTaken)
	p.CreateTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"} })
	p.WaitCondition("carol", v1alpha1.ConditionDomainsReady, metav1.ConditionFalse, v1alpha1.ReasonCustomDomainTaken)
	p.CreateTenant("alice")
	stalled := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
	if stalled.Status.Phase != v1alpha1.TenantFailed {
		t.Errorf("phase %s", stalled.Status.Phase)
	}

	p.EditTenant("alice", p.Restoring("alice"))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WantBlog("alice.example.com", http.StatusOK, "What is kept")
	p.WantEvent("alice", v1alpha1.ReasonSchemaRestored)
}

func TestFreshCreatesAnEmptySchema(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.WritePost("alice", "What was before")
	p.DeleteTenants("alice")
	tombstone := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'alice'`)

	p.Clock.SetTime(p.Clock.Now().Add(tenancy.Hold))
	p.ReadyTenant("alice", p.Fresh("alice"))
	p.WaitBlog("alice.example.com", http.StatusOK, "")
	if page := p.Blog.Get("alice.example.com", "/"); contains(page.Body, "What was before") {
		t.Error("the new blog shows posts of the deleted one")
	}
	if query[int](p, operatortest.SchemaCount, tombstone) != 1 {
		t.Error("the tombstone is gone")
	}

	// After its retention, only the tombstone is purged.
	p.Clock.SetTime(p.Clock.Now().Add(31 * 24 * time.Hour))
	p.EditPlatform(operatortest.AnnotatePlatform("test/nudge", "1"))
	p.Wait("the tombstone is purged", func(context.Context) error { return wantCount(query[int](p, operatortest.SchemaCount, tombstone), 0) })
	if n := query[int](p, `SELECT count(*) FROM public.tenant_objects`); n != 1 {
		t.Errorf("%d objects are kept of one live Tenant", n)
	}
	p.WaitBlog("alice.example.com", http.StatusOK, "")
}

// The deletion of an object that never owned its schema drops nothing.
func TestDeletionOfAStalledTenantDropsNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.Exec(`CREATE SCHEMA legacy`)
	p.CreateTenant("bob", operatortest.Deleting, func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "alice" })
	p.CreateTenant("carol", operatortest.Deleting, func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "legacy" })
	stalled := p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaTaken)
	if message := stalled.Status.Conditions[0].Message; !contains(message, `"alice"`) {
		t.Errorf("the message does not name the owner: %s", message)
	}
	p.WaitCondition("carol", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaExists)
	p.DeleteTenants("bob")
	p.DeleteTenants("carol")
	if query[int](p, operatortest.SchemaCount, "alice") != 1 || query[int](p, operatortest.SchemaCount, "legacy") != 1 {
		t.Error("a schema of another owner was dropped")
	}
	p.WantBlog("alice.example.com", http.StatusOK, "")
}

func TestDeletionWithoutAPlatformIsReported(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	if err := p.Client.Delete(t.Context(), p.ReadPlatform()); err != nil {
		t.Fatal(err)
	}
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTenantsRemain)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Finalizers = nil })
	if err := p.Client.Delete(t.Context(), p.Tenant("alice")); err != nil {
		t.Fatal(err)
	}
	stuck := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPlatformNotFound)
	if stuck.Status.Phase != v1alpha1.TenantTerminating {
		t.Errorf("phase %s", stuck.Status.Phase)
	}
	p.CreateDefault()
	p.WaitGone("alice")
}

func TestTenantWithoutASchemaIsDeletedAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.CreateTenant("never", func(t *v1alpha1.Tenant) { t.Spec.PlatformRef.Name = "none" })
	p.WaitCondition("never", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPlatformNotFound)
	p.DeleteTenants("never")
}
