package portal

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// readyCondition returns what a Tenant's operator says of it as a whole, or nil when it has not said anything yet.
func readyCondition(t *v1alpha1.Tenant) *metav1.Condition {
	return meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady)
}

// isReady reports whether everything is as the Tenant's present spec says.
func isReady(t *v1alpha1.Tenant) bool {
	ready := readyCondition(t)
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
