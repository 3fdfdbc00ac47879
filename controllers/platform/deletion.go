package platform

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/finalizer"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// endPlatform waits until the Platform's Tenants are deleted, and then removes the finalizer.
//
// Sets RouteReady=False with TenantsRemain.
func (r *Reconciler) endPlatform(ctx context.Context, s *scope) error {
	if !finalizer.Has(s.platform) {
		return nil
	}
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(s.platform.Namespace), client.MatchingFields{requeue.TenantPlatform: s.platform.Name},
		client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("list the Tenants of Platform %s: %w", s.platform.Name, err)
	}
	if n := len(tenants.Items); n > 0 {
		// The Tenants need the database to drop or retain their schemas.
		if err := r.ensureDatabase(ctx, s); err != nil {
			return err
		}
		return step.Waiting(v1alpha1.ConditionRouteReady, v1alpha1.ReasonTenantsRemain,
			fmt.Sprintf("Waiting for %d Tenants to be deleted.", n), statusInterval)
	}
	key := client.ObjectKeyFromObject(s.platform)
	if store := r.Stores.Prepared(key); store != nil {
		if err := uninstall(ctx, store, key); err != nil {
			logf.FromContext(ctx).Error(err, "Platform not removed from its database")
		}
	}
	r.Stores.Disconnect(key)
	r.drift.forget(key)
	deleteMetrics(key)
	return finalizer.Remove(ctx, r.Client, s.platform)
}

func uninstall(ctx context.Context, store *tenancy.Store, platform types.NamespacedName) error {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	return store.Uninstall(ctx, platform.Namespace, platform.Name)
}
