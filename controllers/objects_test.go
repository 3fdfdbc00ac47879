package controllers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// waitKept waits until the registry keeps a Tenant as it is, with its field managers.
func (p *platform) waitKept(name string) {
	p.T.Helper()
	p.Wait("the registry keeps "+name+" as it is", func(context.Context) error {
		live := p.Tenant(name)
		want, err := desired.Authored(live)
		if err != nil {
			return err
		}
		encoded := query[string](p, `SELECT coalesce((SELECT o.object::text FROM public.tenant_objects o JOIN public.tenants t ON t.id = o.tenant_id
			WHERE t.name = $1 AND t.state = 'live'), '{}')`, name)
		var got v1alpha1.Tenant
		if err := json.Unmarshal([]byte(encoded), &got); err != nil {
			return err
		}
		if diff := cmp.Diff(want, &got); diff != "" {
			return fmt.Errorf("it keeps another (-want +got):\n%s", diff)
		}
		return nil
	})
}

// The registry keeps what authors say of a Tenant, and which of them says it, whatever else is wrong with the Tenant.
func TestObjectsAreKept(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const manifest = `{"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": {"name": "alice", "labels": {"team": "%s"},
		"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"any\": \"text\"}"}}, "spec": {"displayName": "Alice", "trial": false}}`
	p.ApplyTenant("argocd", fmt.Sprintf(manifest, "one"), client.ForceOwnership)
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.waitKept("alice")
	if again := p.Queries.Containing("public.tenant_objects AS o"); len(again) != 0 {
		t.Errorf("the object was written again after the creation: %q", again)
	}
	updatedAt := func() string {
		return query[string](p, `SELECT updated_at::text FROM public.tenants WHERE name = 'alice'`)
	}
	before := updatedAt()

	p.ApplyTenant("argocd", fmt.Sprintf(manifest, "two"), client.ForceOwnership) // changes a label
	p.waitKept("alice")
	p.EditTenant("alice", operatortest.Annotate("example.com/any", "value"))
	p.waitKept("alice")
	p.ApplyTenant("flux", fmt.Sprintf(manifest, "two"), client.ForceOwnership) // changes only who owns the fields
	p.waitKept("alice")
	if after := updatedAt(); after != before {
		t.Errorf("directories read the row again: updated at %s and %s", before, after)
	}

	// A Tenant that is Stalled, and one that cannot be routed.
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Domain = "unlisted.org" })
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDomainNotListed)
	p.waitKept("alice")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Labels["team"] = "three" })
	p.waitKept("alice")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Domain = "" })
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")

	// What is lost in the database is written again, and a restored Tenant has its own object.
	p.Exec(`DELETE FROM public.tenant_objects`)
	p.PassMinute()
	p.waitKept("alice")
	p.DeleteTenants("alice")
	p.CreateTenant("alice", p.Restoring("alice"))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.waitKept("alice")
}

// The object of a Tenant that does not get the row of its name is not kept in that row.
func TestObjectOfAnotherTenant(t *testing.T) {
	t.Parallel()
	p := newLossy(t)
	p.ReadyTenant("alice", ownedBy("alice"))
	p.ReadyTenant("bob")
	p.waitKept("alice")
	kept := func() string {
		return query[string](p.platform, `SELECT o.object::text FROM public.tenant_objects o JOIN public.tenants t ON t.id = o.tenant_id WHERE t.name = 'alice'`)
	}
	before := kept()
	p.lose("alice")
	p.CreateTenant("alice", ownedBy("mallory"))
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	p.PassMinute()
	p.waitOrphans(v1alpha1.ReasonOrphansReported, `("alice")`)
	if after := kept(); after != before {
		t.Errorf("the object was %s and is %s", before, after)
	}
	p.DeleteTenants("alice")
	p.CreateTenant("alice", ownedBy("alice"))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.waitKept("alice")
}
