package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// patience is how long the operator may take for the next Tenant, until the command gives up.
const patience = 2 * time.Minute

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
	if err := u.awaitGone(ctx, "Tenants", func() client.ObjectList { return &v1alpha1.TenantList{} }, func(l client.ObjectList) int { return len(l.(*v1alpha1.TenantList).Items) }); err != nil {
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
	if err := u.awaitGone(ctx, "Platforms", func() client.ObjectList { return &v1alpha1.PlatformList{} }, func(l client.ObjectList) int { return len(l.(*v1alpha1.PlatformList).Items) }); err != nil {
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

// awaitGone waits until there is no object of a kind. It gives up if their number stays the same for too long.
func (u *uninstallation) awaitGone(ctx context.Context, kind string, list func() client.ObjectList, count func(client.ObjectList) int) error {
	left, since := -1, time.Now()
	return until(ctx, "the "+kind+" are gone", func(ctx context.Context) (bool, error) {
		found := list()
		if err := u.Client.List(ctx, found, client.InNamespace(u.Namespace)); err != nil {
			return false, fmt.Errorf("list the %s: %w", kind, err)
		}
		if n := count(found); n != left {
			left, since = n, time.Now()
		}
		if left > 0 && time.Since(since) > patience {
			return false, fmt.Errorf("%d %s are still being deleted. Check that the operator runs, and what their conditions say; then repeat the command, or use --keep-data", left, kind)
		}
		return left == 0, nil
	})
}

// until calls check until it returns true or an error.
func until(ctx context.Context, what string, check func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, callTimeout)
		done, err := check(limited)
		cancel()
		if done || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		}
	}
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
