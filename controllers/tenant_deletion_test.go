package controllers_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const schemaCount = `SELECT count(*) FROM pg_namespace WHERE nspname = $1`

func (p *platform) writePost(schema, title string) {
	p.t.Helper()
	p.exec(`INSERT INTO `+schema+`.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
		VALUES ('a-post', $1, 'Alice', 'x', '<p>x</p>', 'x', now(), now(), now() - interval '1 hour')`, title)
}

func (p *platform) ingressGone(tenant string) {
	p.t.Helper()
	err := p.Client.Get(p.t.Context(), p.Key(routing.TenantIngressName(tenant)), &networkingv1.Ingress{})
	if !apierrors.IsNotFound(err) {
		p.t.Errorf("the Ingress of %s: %v, want that it is gone", tenant, err)
	}
}

func annotate(key, value string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { metav1.SetMetaDataAnnotation(&t.ObjectMeta, key, value) }
}

func TestDeleteDropsTheSchemaAndHoldsTheNames(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
	p.DeleteTenants("alice")
	if query[int](p, schemaCount, "alice") != 0 {
		t.Error("the schema is still there")
	}
	p.ingressGone("alice")
	p.waitBlog("alice.example.com", http.StatusNotFound, "")
	p.wantEvent("alice", v1alpha1.ReasonSchemaDropped)

	p.CreateTenant("alice")
	held := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNameHeld)
	if held.Status.Phase != v1alpha1.TenantPending {
		t.Errorf("phase %s", held.Status.Phase)
	}
	p.clock.SetTime(p.clock.Now().Add(tenancy.Hold))
	p.nudge("alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

func TestRetainAndRestore(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"} })
	p.writePost("alice", "What is kept")
	p.DeleteTenants("alice")
	p.ingressGone("alice")
	p.waitBlog("alice.example.com", http.StatusNotFound, "")
	tombstone := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'alice'`)
	if query[int](p, schemaCount, tombstone) != 1 || query[int](p, schemaCount, "alice") != 0 {
		t.Errorf("the schema did not become the tombstone %s", tombstone)
	}

	if said := query[string](p, `SELECT s.spec::text FROM public.tombstones s JOIN public.tenants t ON t.id = s.tenant_id WHERE t.name = 'alice'`); said != `{"customDomains": ["www.alice.org"]}` {
		t.Errorf("the Tenant said %s", said)
	}

	// Its names stay taken, for itself and for others.
	p.CreateTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "alice" })
	p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaTaken)
	p.CreateTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"} })
	p.WaitCondition("carol", v1alpha1.ConditionDomainsReady, metav1.ConditionFalse, v1alpha1.ReasonCustomDomainTaken)
	p.CreateTenant("alice")
	stalled := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
	if stalled.Status.Phase != v1alpha1.TenantFailed {
		t.Errorf("phase %s", stalled.Status.Phase)
	}

	p.EditTenant("alice", annotate(v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.blog.want(t, "alice.example.com", http.StatusOK, "What is kept")
	p.wantEvent("alice", v1alpha1.ReasonSchemaRestored)
	if n := query[int](p, `SELECT count(*) FROM public.tombstones`); n != 0 {
		t.Errorf("%d specs are kept of Tenants that are there", n)
	}
}

func TestFreshBeginsEmptyAndKeepsTheTombstone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.writePost("alice", "What was before")
	p.DeleteTenants("alice")
	tombstone := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'alice'`)

	p.clock.SetTime(p.clock.Now().Add(tenancy.Hold))
	p.ReadyTenant("alice", annotate(v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneFresh))
	p.waitBlog("alice.example.com", http.StatusOK, "")
	if page := p.blog.Get("alice.example.com", "/"); contains(page.Body, "What was before") {
		t.Error("the fresh blog shows what was before")
	}
	if query[int](p, schemaCount, tombstone) != 1 {
		t.Error("the tombstone is gone")
	}

	// After its retention it is purged, and only it.
	p.clock.SetTime(p.clock.Now().Add(31 * 24 * time.Hour))
	p.EditPlatform(annotatePlatform("test/nudge", "1"))
	p.Wait("the tombstone is purged", func(context.Context) error { return wantCount(query[int](p, schemaCount, tombstone), 0) })
	if n := query[int](p, `SELECT count(*) FROM public.tombstones`); n != 0 {
		t.Errorf("%d specs outlive their data", n)
	}
	p.waitBlog("alice.example.com", http.StatusOK, "")
}

// An object that never owned its schema drops nothing.
func TestDeletionOfAStalledTenantDropsNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.exec(`CREATE SCHEMA legacy`)
	deleting := func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete }
	p.CreateTenant("bob", deleting, func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "alice" })
	p.CreateTenant("carol", deleting, func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "legacy" })
	stalled := p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaTaken)
	if message := stalled.Status.Conditions[0].Message; !contains(message, `"alice"`) {
		t.Errorf("the message does not name the owner: %s", message)
	}
	p.WaitCondition("carol", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaExists)
	p.DeleteTenants("bob")
	p.DeleteTenants("carol")
	if query[int](p, schemaCount, "alice") != 1 || query[int](p, schemaCount, "legacy") != 1 {
		t.Error("a schema of somebody else was dropped")
	}
	p.blog.want(t, "alice.example.com", http.StatusOK, "")
}

func TestDeletionWithoutAPlatformIsNotSilent(t *testing.T) {
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
	p.createPlatform()
	p.WaitGone("alice")
}

func TestTenantThatNeverHadASchemaGoesAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.CreateTenant("never", func(t *v1alpha1.Tenant) { t.Spec.PlatformRef.Name = "none" })
	p.WaitCondition("never", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPlatformNotFound)
	p.DeleteTenants("never")
}
