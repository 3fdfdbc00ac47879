package tenant

import (
	"context"
	"fmt"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

// checkAnnotations refuses a value without a meaning: a user who misspells one should not wait for what it would have done. It
// is the last step for a Tenant whose schema exists, so that such a value does not keep its suspension from being written.
// The other annotations are read where they apply: AnnotationOnTombstone and AnnotationAdoptSchema say nothing about a schema
// that exists.
//
// Stalls the Tenant, and sets DatabaseReady.
func (r *Reconciler) checkAnnotations(_ context.Context, s *scope) error {
	value, found := s.tenant.Annotations[v1alpha1.AnnotationOnMissing]
	if found && value != v1alpha1.OnMissingRecreate {
		return annotationInvalid(v1alpha1.AnnotationOnMissing, value, "it is not "+v1alpha1.OnMissingRecreate)
	}
	value, found = s.tenant.Annotations[v1alpha1.AnnotationDeletion]
	if found && value != v1alpha1.DeletionApproved { // a deletion that has not begun cannot be cancelled
		return annotationInvalid(v1alpha1.AnnotationDeletion, value, "a Tenant that is not being deleted can only have "+v1alpha1.DeletionApproved)
	}
	return nil
}

func annotationInvalid(annotation, value, problem string) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonAnnotationInvalid,
		fmt.Sprintf("The annotation %s has the value %q: %s.", annotation, value, problem))
}
