package controllers

import (
	"context"

	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// purgeBatch bounds the tombstones that are dropped in one reconcile, each of which locks its tables.
const purgeBatch = 20

// purge drops the schemas of deleted tenants whose retention is over, and frees names whose hold is over.
func (r *PlatformReconciler) purge(ctx context.Context, s *platformScope) error {
	store := r.Databases.Prepared(keyOf(s.platform))
	purged, err := store.Purge(ctx, s.now, purgeBatch)
	for _, schema := range purged {
		tombstonesPurged.Inc()
		logf.FromContext(ctx).Info("Purged", "schema", schema)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, queryTimeout)
		defer cancel()
		err = store.DeleteExpiredHolds(ctx, s.now)
	}
	if err != nil {
		return &halt{condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonDatabaseUnavailable, message: postgres.Explain(err), cause: err}
	}
	return nil
}
