package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// retain lets the operator end every Tenant and then the Platforms.
func (u *uninstallation) retain(ctx context.Context) error {
	platforms, err := u.platforms(ctx)
	if err != nil {
		return err
	}
	for i := range platforms {
		if err := checkDatabase(&platforms[i]); err != nil {
			return err
		}
	}
	var tenants v1alpha1.TenantList
	if err := u.Client.List(ctx, &tenants, client.InNamespace(u.Namespace)); err != nil {
		return fmt.Errorf("list the Tenants: %w", err)
	}
	if err := each(ctx, tenants.Items, u.retainTenant); err != nil {
		return err
	}
	if err := u.awaitDeleted(ctx, "Tenants", func(ctx context.Context) (int, error) {
		var left v1alpha1.TenantList
		err := u.Client.List(ctx, &left, client.InNamespace(u.Namespace))
		return len(left.Items), err
	}); err != nil {
		return err
	}
	for i := range platforms {
		fmt.Fprintln(u.out, u.report(ctx, &platforms[i], false))
	}
	if err := each(ctx, platforms, func(ctx context.Context, p *v1alpha1.Platform) error {
		if err := client.IgnoreNotFound(u.Client.Delete(ctx, p)); err != nil {
			return fmt.Errorf("delete Platform %s: %w", p.Name, err)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := u.awaitDeleted(ctx, "Platforms", func(ctx context.Context) (int, error) {
		left, err := u.platforms(ctx)
		return len(left), err
	}); err != nil {
		return err
	}
	if err := u.deleteIngresses(ctx); err != nil {
		return err
	}
	fmt.Fprintf(u.out, "Removed %d Tenants and %d Platforms from the namespace %q.\n", len(tenants.Items), len(platforms), u.Namespace)
	return nil
}

// checkDatabase returns an error if the operator cannot end the Tenants of a Platform. A deletion cannot be undone: it
// would end them later, for example after another installation has given the database back.
func checkDatabase(p *v1alpha1.Platform) error {
	ready := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionDatabaseReady)
	switch {
	case ready == nil:
		return fmt.Errorf("the operator has not reconciled the Platform %q yet, so nothing was deleted: check that it runs, or use --keep-data", p.Name)
	case ready.Status != metav1.ConditionTrue:
		return fmt.Errorf("the database of the Platform %q is not ready, so nothing was deleted: repair that, or use --keep-data. Its condition says: %s", p.Name, ready.Message)
	}
	return nil
}

// retainTenant deletes a Tenant and keeps its data, whatever its deletionPolicy and the deletion brake say.
func (u *uninstallation) retainTenant(ctx context.Context, tenant *v1alpha1.Tenant) error {
	before := tenant.DeepCopy()
	metav1.SetMetaDataAnnotation(&tenant.ObjectMeta, v1alpha1.AnnotationDeletion, v1alpha1.DeletionApproved)
	if !tenant.Retained() { // one whose deletion is held is being deleted, too
		tenant.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
	}
	if err := u.Client.Patch(ctx, tenant, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("approve the deletion of Tenant %s: %w", tenant.Name, err)
	}
	uid := tenant.UID
	if err := u.Client.Delete(ctx, tenant, client.Preconditions{UID: &uid}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete Tenant %s: %w", tenant.Name, err)
	}
	return nil
}

// awaitDeleted waits until the operator has ended all objects of a kind.
func (u *uninstallation) awaitDeleted(ctx context.Context, kind string, count func(context.Context) (int, error)) error {
	return u.await(ctx, wait{
		what: "the " + kind + " are gone",
		left: func(ctx context.Context) (int, error) {
			left, err := count(ctx)
			if err != nil {
				return 0, fmt.Errorf("list the %s: %w", kind, err)
			}
			return left, nil
		},
		stalled: func(left int) error {
			return fmt.Errorf("%d %s are still being deleted. Check that the operator runs, and what their conditions say; then repeat the command, or use --keep-data", left, kind)
		},
	})
}

// each calls do for each item, for some of them at once.
func each[T any](ctx context.Context, items []T, do func(context.Context, *T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for i := range items {
		group.Go(func() error {
			limited, cancel := context.WithTimeout(ctx, callTimeout)
			defer cancel()
			return do(limited, &items[i])
		})
	}
	return group.Wait()
}
