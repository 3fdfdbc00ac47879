package tenant

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// repairSchema grants the privileges that the application lacks in the schema, if the schema was inspected, and reports
// what the operator cannot mend.
//
// Sets DatabaseReady; False with SchemaNotOwned, TableMissing, PrivilegesMissing or RolesMissing, and then the remaining
// steps run nevertheless.
func (r *Reconciler) repairSchema(ctx context.Context, s *scope) error {
	granted, err := s.store.GrantMissing(ctx, s.row)
	if err != nil {
		return err
	}
	if len(granted) > 0 {
		if err := s.readBack(ctx); err != nil {
			return err
		}
		s.needsProbe = true
		privilegeRepairs.Inc()
		r.recordEvent(s.tenant, corev1.EventTypeWarning, v1alpha1.ReasonPrivilegesRepaired, "Repair",
			fmt.Sprintf("Granted privileges that the application lacked in schema %s.", s.row.SchemaName))
	}
	if len(s.row.Defects) > 0 {
		s.Degrade(s.schemaDefective(s.row.Defects))
		return nil
	}
	s.Set(v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, v1alpha1.ReasonSchemaReady,
		fmt.Sprintf("Schema %s is at version %s.", s.row.SchemaName, s.row.SchemaVersion))
	return nil
}
