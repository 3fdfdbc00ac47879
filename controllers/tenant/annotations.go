package tenant

import (
	"context"
	"fmt"
	"slices"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

// annotationValues are the values of annotations that have only a few. The version in AnnotationAdoptSchema is read where
// the schema is adopted.
var annotationValues = []struct {
	annotation string
	values     []string
}{
	{v1alpha1.AnnotationOnTombstone, []string{v1alpha1.OnTombstoneRestore, v1alpha1.OnTombstoneFresh}},
	{v1alpha1.AnnotationOnMissing, []string{v1alpha1.OnMissingRecreate}},
}

// checkAnnotations refuses values without a meaning: a user who misspells one should not wait for what it would have done. It
// is the last step for a Tenant whose schema exists, so that such a value does not keep its suspension from being written.
//
// Stalls the Tenant, and sets DatabaseReady.
func (r *Reconciler) checkAnnotations(_ context.Context, s *scope) error {
	for _, known := range annotationValues {
		value, found := s.tenant.Annotations[known.annotation]
		if found && !slices.Contains(known.values, value) {
			return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonAnnotationInvalid,
				fmt.Sprintf("The annotation %s has the value %q.", known.annotation, value))
		}
	}
	return nil
}
