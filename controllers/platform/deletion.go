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
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// awaitTenants makes a Platform that is being deleted wait for its Tenants.
//
// Sets Ready=False with TenantsRemain.
func (r *Reconciler) awaitTenants(ctx context.Context, s *scope) error {
	tenants, err := r.listTenants(ctx, s.platform)
	if err != nil || len(tenants) == 0 {
		return err
	}
	return step.Waiting("", v1alpha1.ReasonTenantsRemain, fmt.Sprintf("Waiting for %d Tenants to be deleted.", len(tenants)), checkInterval)
}

// endPlatform deletes the Ingress of a Platform without Tenants, and then removes the finalizer.
func (r *Reconciler) endPlatform(ctx context.Context, s *scope) error {
	if !finalizer.Has(s.platform) {
		return nil
	}
	key := client.ObjectKeyFromObject(s.platform)
	if err := r.ingresses.Delete(ctx, ingressKey(key)); err != nil {
		return err
	}
	if store := r.Stores.Prepared(key); store != nil {
		if err := uninstall(ctx, store, key); err != nil {
			logf.FromContext(ctx).Error(err, "Platform not removed from its database")
		}
	}
	r.Stores.Disconnect(key)
	r.drift.forget(key)
	r.orphans.forget(key)
	deleteMetrics(key)
	return finalizer.Remove(ctx, r.Client, s.platform)
}

func uninstall(ctx context.Context, store *tenancy.Store, platform types.NamespacedName) error {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	return store.Uninstall(ctx, platform.Namespace, platform.Name)
}
