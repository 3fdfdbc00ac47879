package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func ownedBy(owner string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: owner} }
}

// lossy is a Platform whose Tenants can be lost.
type lossy struct {
	*platform
	stop func()
}

func newLossy(t *testing.T) *lossy {
	t.Helper()
	p := newNamespace(t)
	l := &lossy{p, p.StartOperator(nil)}
	p.CreateDefault()
	p.WaitReady()
	return l
}

// lose removes Tenants while no operator runs, as the restoration of an older database brings back the rows of deleted ones. It
// returns the UID of the last one.
func (p *lossy) lose(names ...string) (uid string) {
	p.T.Helper()
	p.waitCounted()
	p.stop()
	for _, name := range names {
		uid = string(p.Tenant(name).UID)
		p.EditTenant(name, func(t *v1alpha1.Tenant) { t.Finalizers = nil })
		if err := p.Delete(p.T.Context(), name); err != nil {
			p.T.Fatal(err)
		}
		p.WaitGone(name)
	}
	p.stop = p.StartOperator(nil)
	p.waitCounted()
	return uid
}

// waitCounted waits until the Platform has counted its Tenants: an operator that has just started has reconciled it then.
func (p *lossy) waitCounted() {
	p.T.Helper()
	p.Wait("the Platform has counted its Tenants", func(ctx context.Context) error {
		var tenants v1alpha1.TenantList
		if err := p.Client.List(ctx, &tenants, client.InNamespace(p.Namespace)); err != nil {
			return err
		}
		return wantCount(int(p.ReadPlatform().Status.Tenants.Total), len(tenants.Items))
	})
}

// waitOrphans waits until the condition OrphansFound has a reason and a message. An empty reason: there is none.
func (p *platform) waitOrphans(reason, message string) {
	p.T.Helper()
	p.Wait("OrphansFound is "+reason, func(context.Context) error {
		found := meta.FindStatusCondition(p.ReadPlatform().Status.Conditions, v1alpha1.ConditionOrphansFound)
		if (found == nil) != (reason == "") || found != nil && found.Reason != reason {
			return fmt.Errorf("it is %+v", found)
		}
		if found != nil {
			return operatortest.WantText([]metav1.Condition{*found}, message)
		}
		return nil
	})
}

// A row that an older database has brought back is served no more after two checks, and no other Tenant gets its posts.
func TestOrphans(t *testing.T) {
	t.Parallel()
	p := newLossy(t)
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		p.ReadyTenant(name, ownedBy(name))
	}
	p.WritePost("alice", "Of alice")
	uid := p.lose("alice")
	p.WaitBlog("alice.example.com", http.StatusOK, "Of alice")

	p.PassMinute()
	p.waitOrphans(v1alpha1.ReasonOrphansReported, `Live rows of the registry without a Tenant: 1 ("alice"). Of them, 0 are suspended.`)
	p.WaitBlog("alice.example.com", http.StatusOK, "Of alice")
	p.PassMinute()
	p.waitOrphans(v1alpha1.ReasonOrphansSuspended, `Live rows of the registry without a Tenant: 1 ("alice"). They are suspended. Create their Tenants again with "kubectl echoblogs orphans recreate NAME", `+
		`or turn them into tombstones with "kubectl echoblogs orphans retire NAME". "kubectl echoblogs orphans" lists all.`)
	p.WaitBlog("alice.example.com", http.StatusPaymentRequired, "")
	p.WantEvent("default", v1alpha1.ReasonOrphansSuspended)
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionTrue, "")

	// A Tenant of that name that does not get the row hides nothing.
	p.lose("bob")
	p.CreateTenant("bob", ownedBy("mallory"))
	p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	p.PassMinute()
	p.waitOrphans(v1alpha1.ReasonOrphansReported, `Live rows of the registry without a Tenant: 2 ("alice", "bob"). Of them, 1 are suspended.`)
	p.DeleteTenants("bob")
	p.ReadyTenant("bob", ownedBy("bob"))

	// Neither another owner gets the data, nor one who says nothing; the deletion of such a Tenant ends nothing.
	for _, edit := range []func(*v1alpha1.Tenant){ownedBy("mallory"), func(*v1alpha1.Tenant) {}, operatortest.Annotate(v1alpha1.AnnotationAdoptOrphan, "another")} {
		p.CreateTenant("alice", edit)
		stalled := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
		want := fmt.Sprintf(`The registry has a live row of this name, with the schema "alice" and the owner "alice", of another Tenant with the UID %s. `+
			`If the Tenant is to have that data, run "kubectl echoblogs orphans recreate NAME", or annotate it with tenancy.echoblogs.io/adopt-orphan=UID, `, uid)
		if err := operatortest.WantText(stalled.Status.Conditions, want); err != nil {
			t.Error(err)
		}
		p.DeleteTenants("alice")
		p.ingress(routing.TenantIngressName("alice"))
	}
	if state := p.states()["alice"]; state != "live" {
		t.Fatalf("the row is %s", state)
	}

	// Its owner does, and readers are served again.
	p.ReadyTenant("alice", ownedBy("alice"))
	p.WaitBlog("alice.example.com", http.StatusOK, "Of alice")
	if recorded := query[string](p.platform, `SELECT uid FROM public.tenants WHERE name = 'alice'`); recorded != string(p.Tenant("alice").UID) {
		t.Errorf("the row has the UID %s", recorded)
	}
	p.PassMinute()
	p.waitOrphans("", "")
}

// An administrator decides who gets a row: by its UID, or by its schema.
func TestAdoptOrphans(t *testing.T) {
	t.Parallel()
	p := newLossy(t)
	p.ReadyTenant("alice")
	p.ReadyTenant("bob")
	alice := p.lose("alice")
	p.CreateTenant("alice", ownedBy("carol"))
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	p.EditTenant("alice", operatortest.Annotate(v1alpha1.AnnotationAdoptOrphan, alice))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")

	p.lose("bob")
	p.CreateTenant("bob")
	p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.AdoptableSchemas = []string{"bob"} })
	p.WaitCondition("bob", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// If the API server has lost most objects, every site is served.
func TestManyOrphansAreNotSuspended(t *testing.T) {
	t.Parallel()
	p := newLossy(t)
	names := []string{"alice", "bob", "carol"}
	for _, name := range names {
		p.ReadyTenant(name)
	}
	p.lose("alice", "bob")
	for range 3 {
		p.PassMinute()
		p.waitOrphans(v1alpha1.ReasonOrphansReported, `Live rows of the registry without a Tenant: 2 ("alice", "bob"). Of them, 0 are suspended.`)
	}
	for _, name := range names {
		p.WaitBlog(name+".example.com", http.StatusOK, "")
	}
}
