package portaltest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// DeleteTenants deletes Tenants as kubectl does.
func DeleteTenants(t *testing.T, p *stack.Platform, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := p.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if err := p.AwaitGone(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// ReadTenant returns a Tenant as it is now.
func ReadTenant(t *testing.T, p *stack.Platform, name string) *v1alpha1.Tenant {
	t.Helper()
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(t.Context(), p.Key(name), &tenant); err != nil {
		t.Fatal(err)
	}
	return &tenant
}

// Apply applies a manifest as a GitOps tool does, under a field manager of its own.
func Apply(t *testing.T, p *stack.Platform, manager, manifest string, options ...client.PatchOption) *v1alpha1.Tenant {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	var tenant v1alpha1.Tenant
	if err := json.Unmarshal(content, &tenant); err != nil {
		t.Fatal(err)
	}
	tenant.Namespace = p.Namespace
	err = p.Client.Patch(t.Context(), &tenant, client.RawPatch(types.ApplyPatchType, content), append(options, client.FieldOwner(manager))...)
	if err != nil {
		t.Fatalf("apply as %s: %v\n%s", manager, err, manifest)
	}
	return &tenant
}

// WaitTenant waits until a Tenant is there, with a condition that is true where one is named.
func WaitTenant(p *stack.Platform, name, condition string) {
	p.Wait(name+" is there", func(ctx context.Context) error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(ctx, p.Key(name), &tenant); err != nil {
			return err
		}
		if condition != "" && !meta.IsStatusConditionTrue(tenant.Status.Conditions, condition) {
			return fmt.Errorf("%s is not %s", name, condition)
		}
		return nil
	})
}

// AddTenant makes a Tenant and does not wait for it.
func AddTenant(t *testing.T, p *stack.Platform, name string, spec v1alpha1.TenantSpec) {
	t.Helper()
	if err := p.Create(t.Context(), &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}); err != nil {
		t.Fatal(err)
	}
}

// AwaitReady waits for Tenants.
func AwaitReady(t *testing.T, p *stack.Platform, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := p.AwaitReady(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// PaidFor makes a Tenant paid until so many days from today.
func PaidFor(days int) func(*v1alpha1.Tenant) {
	return func(tenant *v1alpha1.Tenant) {
		tenant.Spec.PaidUntil = v1alpha1.NewDate(time.Now().UTC().AddDate(0, 0, days))
	}
}
