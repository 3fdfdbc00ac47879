package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// retain stops the public site, which creates Tenants, and lets the operator end every Tenant and then the Platforms.
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
	if _, err := u.stopDeployment(ctx, siteDeployment); err != nil {
		return err
	}
	tenants, err := u.tenants(ctx)
	if err != nil {
		return err
	}
	if err := each(ctx, tenants, u.retainTenant); err != nil {
		return err
	}
	newcomers, err := u.awaitTenants(ctx)
	if err != nil {
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
	if err := u.awaitPlatforms(ctx); err != nil {
		return err
	}
	if err := u.deleteIngresses(ctx); err != nil {
		return err
	}
	fmt.Fprintf(u.out, "Removed %d Tenants and %d Platforms from the namespace %q.\n", len(tenants)+newcomers, len(platforms), u.Namespace)
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

// awaitTenants waits until the operator has ended all Tenants. It returns the number of those that were created since the others
// were listed, which it retains, too. It reads one Tenant at a time, because there may be many.
func (u *uninstallation) awaitTenants(ctx context.Context) (newcomers int, err error) {
	err = u.await(ctx, wait{
		what: "the Tenants are gone",
		left: func(ctx context.Context) (int, error) {
			var first metav1.PartialObjectMetadataList
			first.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("TenantList"))
			if err := u.list(ctx, "Tenants", &first, client.Limit(1)); err != nil {
				return 0, err
			}
			if len(first.Items) == 0 {
				return 0, nil
			}
			tenant := &first.Items[0]
			if tenant.DeletionTimestamp.IsZero() || tenant.Annotations[v1alpha1.AnnotationDeletion] != v1alpha1.DeletionApproved {
				newcomers++
				if err := u.retainNewcomer(ctx, tenant.Name); err != nil {
					return 0, err
				}
			}
			left := 1
			if others := first.RemainingItemCount; others != nil {
				left += int(*others)
			}
			return left, nil
		},
		stalled: func(left int) error {
			return fmt.Errorf("%d Tenants are still there. Check that the operator runs, what their conditions say, and that nothing creates them again, such as a GitOps tool; "+
				"then repeat the command, or use --keep-data", left)
		},
	})
	return newcomers, err
}

// retainNewcomer is retainTenant for a Tenant that was not listed.
func (u *uninstallation) retainNewcomer(ctx context.Context, name string) error {
	var tenant v1alpha1.Tenant
	switch err := u.Client.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: name}, &tenant); {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("read Tenant %s: %w", name, err)
	}
	return u.retainTenant(ctx, &tenant)
}

// awaitPlatforms waits until the operator has ended all Platforms.
func (u *uninstallation) awaitPlatforms(ctx context.Context) error {
	return u.await(ctx, wait{
		what: "the Platforms are gone",
		left: func(ctx context.Context) (int, error) {
			platforms, err := u.platforms(ctx)
			return len(platforms), err
		},
		stalled: func(left int) error {
			return fmt.Errorf("%d Platforms are still being deleted. Check that the operator runs, and what their conditions say; then repeat the command, or use --keep-data", left)
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
