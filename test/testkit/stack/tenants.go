package stack

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Key names an object in the Platform's namespace.
func (p *Platform) Key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: name}
}

// WaitReady waits for the Platform to be Ready.
func (p *Platform) WaitReady() {
	p.t.Helper()
	p.Wait("the Platform is Ready", func(ctx context.Context) error {
		var platform v1alpha1.Platform
		if err := p.Client.Get(ctx, p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
			return err
		}
		return ready(platform.Status.Conditions, platform.Generation)
	})
}

// Create applies a Tenant, and waits first for one of its name that is being deleted.
func (p *Platform) Create(ctx context.Context, tenant *v1alpha1.Tenant) error {
	tenant.Namespace = p.Namespace
	return p.Await(ctx, tenant.Name+" can be created", func(ctx context.Context) error { return p.Client.Create(ctx, tenant) })
}

// Edit changes a Tenant as its author does.
func (p *Platform) Edit(ctx context.Context, name string, change func(*v1alpha1.Tenant)) error {
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(ctx, p.Key(name), &tenant); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	before := tenant.DeepCopy()
	change(&tenant)
	if err := p.Client.Patch(ctx, &tenant, client.MergeFrom(before)); err != nil {
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

// AwaitReady waits until a Tenant is Ready as its author has last said.
func (p *Platform) AwaitReady(ctx context.Context, name string) error {
	return p.Await(ctx, name+" is Ready", func(ctx context.Context) error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(ctx, p.Key(name), &tenant); err != nil {
			return err
		}
		return ready(tenant.Status.Conditions, tenant.Generation)
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
			err = errors.New("it is there")
		}
		return err
	})
}

// ready returns nil when an object is Ready in its present generation.
func ready(conditions []metav1.Condition, generation int64) error {
	c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case c == nil:
		return fmt.Errorf("generation %d has no condition yet", generation)
	case c.Status != metav1.ConditionTrue || c.ObservedGeneration != generation:
		return fmt.Errorf("generation %d: Ready=%s %s of generation %d: %s", generation, c.Status, c.Reason, c.ObservedGeneration, c.Message)
	}
	return nil
}
