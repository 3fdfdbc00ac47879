package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// leftoverRetry is how long to wait for a database that says whether an Ingress is still needed.
const leftoverRetry = time.Minute

// deleteLeftover deletes the Ingress of a Tenant that is gone. If its row is live, the Ingress stays: the Tenant is created
// again, because its deletion was cancelled or the API server has lost it, or the row is retired.
func (r *Reconciler) deleteLeftover(ctx context.Context, gone types.NamespacedName) (reconcile.Result, error) {
	key := ingressKey(gone)
	leftover, err := r.ingresses.Leftover(ctx, key, gone, &v1alpha1.Tenant{})
	if err != nil || leftover == nil {
		return reconcile.Result{}, err
	}
	needed, known, err := r.isNeeded(ctx, gone.Name, leftover)
	switch {
	case err != nil:
		return reconcile.Result{}, err
	case !known:
		return reconcile.Result{RequeueAfter: leftoverRetry}, nil
	case needed:
		return reconcile.Result{}, nil
	}
	return reconcile.Result{}, r.ingresses.Delete(ctx, key)
}

// isNeeded reports whether the registry has a live row for the Tenant of an Ingress, if that is known.
func (r *Reconciler) isNeeded(ctx context.Context, tenant string, ingress *networkingv1.Ingress) (needed, known bool, err error) {
	platform := types.NamespacedName{Namespace: ingress.Namespace, Name: ingress.Labels[routing.LabelPlatform]}
	switch err := r.Client.Get(ctx, platform, &v1alpha1.Platform{}); {
	case apierrors.IsNotFound(err):
		return false, true, nil
	case err != nil:
		return false, false, fmt.Errorf("read Platform %s: %w", platform, err)
	}
	store := r.Stores.AwaitPrepared(ctx, platform)
	if store == nil {
		return false, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	row, err := store.Find(ctx, tenant)
	if errors.Is(err, tenancy.ErrNotFound) {
		err = nil
	}
	return row.State == tenancy.StateLive, err == nil, err
}
