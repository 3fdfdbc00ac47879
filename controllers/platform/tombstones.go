package platform

import (
	"context"
	"errors"

	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// purgeBatch bounds the tombstones that one reconcile drops, each of which locks its tables.
const purgeBatch = 20

// purgeTombstones drops the schemas of deleted tenants whose retention has ended, and deletes expired holds of names. What
// it cannot drop does not keep the Platform from being reconciled.
//
// Sets DatabaseReady=False with SchemaNotOwned or DatabaseUnavailable.
func purgeTombstones(ctx context.Context, s *scope, store *tenancy.Store) {
	purged, err := store.Purge(ctx, s.now, purgeBatch)
	for _, schema := range purged {
		tombstonesPurged.Inc()
		logf.FromContext(ctx).Info("Purged a tombstone", "schema", schema)
	}
	var foreign *tenancy.DefectsError
	if errors.As(err, &foreign) {
		reason, problem := diagnosis.DescribeDefects(s.platform, foreign.Defects)
		s.Degrade(step.Stalled(v1alpha1.ConditionDatabaseReady, reason, problem))
	} else if err != nil {
		s.Degrade(databaseUnavailable(err))
	}
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	if err := store.DeleteExpiredHolds(ctx, s.now); err != nil {
		s.Degrade(databaseUnavailable(err))
	}
}

func databaseUnavailable(err error) *step.Error {
	return step.Transient(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonDatabaseUnavailable, postgres.Explain(err), err)
}
