package tenants

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// ReadyCondition returns what a Tenant's operator says of it as a whole, or nil when it has not said anything yet.
func ReadyCondition(t *v1alpha1.Tenant) *metav1.Condition {
	return meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady)
}

// IsReady reports whether everything is as the Tenant's present spec says.
func IsReady(t *v1alpha1.Tenant) bool {
	ready := ReadyCondition(t)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == t.Generation
}

// stalled returns why a Tenant cannot become what its spec says before somebody changes something. nil: it can.
func stalled(t *v1alpha1.Tenant) *metav1.Condition {
	condition := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionStalled)
	if condition == nil || condition.Status != metav1.ConditionTrue {
		return nil
	}
	return condition
}

// conflictReasons are those of a Tenant that asks for names which somebody else has.
var conflictReasons = []string{
	v1alpha1.ReasonSchemaTaken, v1alpha1.ReasonSchemaExists, v1alpha1.ReasonSchemaMissing, v1alpha1.ReasonTombstoneExists,
	v1alpha1.ReasonHostTaken, v1alpha1.ReasonIngressNotOwned,
}

// NamesTaken reports whether a Tenant cannot become what its spec says because of who has its names. Whatever else it is
// stalled by is put right by those who run the site.
func NamesTaken(t *v1alpha1.Tenant) bool {
	condition := stalled(t)
	return condition != nil && slices.Contains(conflictReasons, condition.Reason)
}
