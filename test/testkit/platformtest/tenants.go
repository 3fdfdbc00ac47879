package platformtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// CreateTenant creates a Tenant and does not wait for it to be Ready.
func (p *Platform) CreateTenant(name string, edits ...func(*v1alpha1.Tenant)) {
	p.t.Helper()
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, edit := range edits {
		edit(tenant)
	}
	p.CreateObject(tenant)
}

// ReadyTenant creates a Tenant and waits for it to be Ready.
func (p *Platform) ReadyTenant(name string, edits ...func(*v1alpha1.Tenant)) *v1alpha1.Tenant {
	p.t.Helper()
	p.CreateTenant(name, edits...)
	return p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// ApplyTenant applies a manifest under a field manager, as a GitOps tool does.
func (p *Platform) ApplyTenant(manager, manifest string, options ...client.PatchOption) *v1alpha1.Tenant {
	p.t.Helper()
	content, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		p.t.Fatal(err)
	}
	var tenant v1alpha1.Tenant
	if err := json.Unmarshal(content, &tenant); err != nil {
		p.t.Fatal(err)
	}
	tenant.Namespace = p.Namespace
	options = append(options, client.FieldOwner(manager))
	if err := p.Client.Patch(p.t.Context(), &tenant, client.RawPatch(types.ApplyPatchType, content), options...); err != nil {
		p.t.Fatalf("apply as %s: %v\n%s", manager, err, manifest)
	}
	return &tenant
}

// Tenant reads a Tenant.
func (p *Platform) Tenant(name string) *v1alpha1.Tenant {
	p.t.Helper()
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(p.t.Context(), p.Key(name), &tenant); err != nil {
		p.t.Fatal(err)
	}
	return &tenant
}

// EditTenant changes a Tenant as its author does.
func (p *Platform) EditTenant(name string, change func(*v1alpha1.Tenant)) {
	p.t.Helper()
	if err := p.Edit(p.t.Context(), name, change); err != nil {
		p.t.Fatal(err)
	}
}

// DeleteTenants deletes Tenants one after the other, and waits until each is gone.
func (p *Platform) DeleteTenants(names ...string) {
	p.t.Helper()
	for _, name := range names {
		if err := p.Delete(p.t.Context(), name); err != nil {
			p.t.Fatal(err)
		}
		p.WaitGone(name)
	}
}

// WaitTenantsReady waits for Tenants to be Ready in their current generations.
func (p *Platform) WaitTenantsReady(names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	}
}

// WaitTenant waits for a Tenant to exist.
func (p *Platform) WaitTenant(name string) {
	p.t.Helper()
	p.Wait(name+" exists", func(ctx context.Context) error { return p.Client.Get(ctx, p.Key(name), &v1alpha1.Tenant{}) })
}

// WaitCondition waits for a condition of the Tenant's current generation. An empty reason matches any.
func (p *Platform) WaitCondition(name, kind string, status metav1.ConditionStatus, reason string) *v1alpha1.Tenant {
	p.t.Helper()
	var tenant *v1alpha1.Tenant
	p.Wait(fmt.Sprintf("%s has %s=%s %s", name, kind, status, reason), func(context.Context) error {
		tenant = p.Tenant(name)
		return HasCondition(tenant.Status.Conditions, tenant.Generation, kind, status, reason)
	})
	return tenant
}

// WaitGone waits until a Tenant is gone.
func (p *Platform) WaitGone(name string) {
	p.t.Helper()
	if err := p.AwaitGone(p.t.Context(), name); err != nil {
		p.t.Fatal(err)
	}
}

// Create creates a Tenant, after one of its name that is being deleted is gone. It is for goroutines, as all functions
// below are.
func (p *Platform) Create(ctx context.Context, tenant *v1alpha1.Tenant) error {
	tenant.Namespace = p.Namespace
	return p.Await(ctx, tenant.Name+" can be created", func(ctx context.Context) error { return p.Client.Create(ctx, tenant) })
}

// Edit changes a Tenant as its author does.
func (p *Platform) Edit(ctx context.Context, name string, change func(*v1alpha1.Tenant)) error {
	// A patch replaces lists such as finalizers, which the operator may have changed since they were read.
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(ctx, p.Key(name), &tenant); err != nil {
			return err
		}
		before := tenant.DeepCopy()
		change(&tenant)
		return p.Client.Patch(ctx, &tenant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	})
	if err != nil {
		return fmt.Errorf("edit %s: %w", name, err)
	}
	return nil
}

// Delete deletes a Tenant and does not wait until it is gone.
func (p *Platform) Delete(ctx context.Context, name string) error {
	if err := p.Client.Delete(ctx, &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.Namespace}}); err != nil {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

// AwaitReady waits for a Tenant to be Ready in its current generation.
func (p *Platform) AwaitReady(ctx context.Context, name string) error {
	return p.Await(ctx, name+" is Ready", func(ctx context.Context) error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(ctx, p.Key(name), &tenant); err != nil {
			return err
		}
		return HasCondition(tenant.Status.Conditions, tenant.Generation, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	})
}

// AwaitGone waits until a Tenant is gone.
func (p *Platform) AwaitGone(ctx context.Context, name string) error {
	return p.Await(ctx, name+" is gone", func(ctx context.Context) error {
		err := p.Client.Get(ctx, p.Key(name), &v1alpha1.Tenant{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err == nil:
			return errors.New("it still exists")
		}
		return err
	})
}

// PaidFor makes a Tenant paid until the given number of days from today.
func PaidFor(days int) func(*v1alpha1.Tenant) {
	return func(tenant *v1alpha1.Tenant) {
		tenant.Spec.PaidUntil = v1alpha1.NewDate(time.Now().UTC().AddDate(0, 0, days))
	}
}

// WithSpec sets the whole spec of a Tenant.
func WithSpec(spec v1alpha1.TenantSpec) func(*v1alpha1.Tenant) {
	return func(tenant *v1alpha1.Tenant) { tenant.Spec = spec }
}
