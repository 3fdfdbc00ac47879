package platform

import (
	"context"

	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// repairPublic grants the programs the privileges that they lack in the schema public, revokes those that they should not
// have, and reports what the operator cannot mend there. The remaining steps run nevertheless: what protects tenants does not wait for that.
//
// Sets DatabaseReady=False with RolesMissing, SchemaNotOwned, TableMissing, PrivilegesMissing or
// PrivilegesUnexpected.
func repairPublic(ctx context.Context, s *scope, store *tenancy.Store) error {
	defects, err := store.Inspector().PublicDefects(ctx)
	if err != nil || len(defects) == 0 {
		return err
	}
	_, found := diagnosis.DescribeDefects(s.platform, defects)
	prepareErr := store.Prepare(ctx)
	if defects, err = store.Inspector().PublicDefects(ctx); err != nil {
		return err
	}
	if len(defects) == 0 {
		logf.FromContext(ctx).Info("Repaired privileges in the schema public", "found", found)
		return prepareErr
	}
	reason, problem := diagnosis.DescribeDefects(s.platform, defects)
	s.Degrade(step.Stalled(v1alpha1.ConditionDatabaseReady, reason, problem))
	return nil
}
