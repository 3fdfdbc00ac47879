package platform

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// purgeBatch bounds the tombstones that one reconcile drops, each of which locks its tables.
const purgeBatch = 20

// purgeTombstones drops the schemas of deleted tenants whose retention has ended, and deletes expired holds of names.
//
// Sets DatabaseReady=False with DatabaseUnavailable.
func (r *Reconciler) purgeTombstones(ctx context.Context, s *scope) error {
	store := r.Stores.Prepared(client.ObjectKeyFromObject(s.platform))
	purged, err := store.Purge(ctx, s.now, purgeBatch)
	for _, schema := range purged {
		tombstonesPurged.Inc()
		logf.FromContext(ctx).Info("Purged a tombstone", "schema", schema)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
		defer cancel()
		err = store.DeleteExpiredHolds(ctx, s.now)
	}
	if err != nil {
		return databaseUnavailable(err)
	}
	return nil
}

func databaseUnavailable(err error) *step.Error {
	return step.Transient(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonDatabaseUnavailable, postgres.Explain(err), err)
}
