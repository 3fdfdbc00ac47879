package controllers_test

import (
	"context"
	"errors"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// kubectl replace removes a finalizer that the manifest does not list, without a new generation. A deletion afterwards
// must still end the Tenant.
func TestReplacedTenantKeepsItsFinalizer(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const manifest = `{"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": {"name": "alice"}, "spec": {"displayName": "Alice"}}`
	p.kubectlApply(t, manifest)
	p.WaitTenantsReady("alice")
	if output, err := p.kubectl(manifest, "replace", "-f", "-"); err != nil {
		t.Fatalf("kubectl replace: %v\n%s", err, output)
	}
	p.waitFinalizer(p.Tenant("alice"))
	p.DeleteTenants("alice")
	if state := query[string](p, `SELECT state FROM public.tenants WHERE name = 'alice'`); state != "tombstone" {
		t.Errorf("the row is %s, want a tombstone", state)
	}
}

func TestPlatformKeepsItsFinalizer(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Finalizers = nil })
	p.waitFinalizer(p.ReadPlatform())
}

func (p *platform) waitFinalizer(object client.Object) {
	p.T.Helper()
	p.Wait(object.GetName()+" has its finalizer", func(ctx context.Context) error {
		err := p.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil && !controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer) {
			err = errors.New("it has none")
		}
		return err
	})
}
