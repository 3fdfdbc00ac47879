package tenants

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// ReadyCondition returns the condition Ready of a Tenant, or nil if it has not been reconciled yet.
func ReadyCondition(t *v1alpha1.Tenant) *metav1.Condition {
	return meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady)
}

// IsReady reports whether the current spec of a Tenant has been reconciled successfully.
func IsReady(t *v1alpha1.Tenant) bool {
	ready := ReadyCondition(t)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == t.Generation
}

// stalled returns the condition Stalled of a Tenant if it is true, and nil otherwise.
func stalled(t *v1alpha1.Tenant) *metav1.Condition {
	condition := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionStalled)
	if condition == nil || condition.Status != metav1.ConditionTrue {
		return nil
	}
	return condition
}

// conflictReasons are the reasons set when a Tenant's names belong to another Tenant.
var conflictReasons = []string{
	v1alpha1.ReasonSchemaTaken, v1alpha1.ReasonSchemaNameMismatch, v1alpha1.ReasonSchemaExists, v1alpha1.ReasonSchemaMissing,
	v1alpha1.ReasonOrphanExists, v1alpha1.ReasonTombstoneExists, v1alpha1.ReasonHostTaken, v1alpha1.ReasonIngressNotOwned,
}

// HasNameConflict reports whether a Tenant is stalled because its names belong to another Tenant. Any other reason is for
// the site administrators to resolve.
func HasNameConflict(t *v1alpha1.Tenant) bool {
	condition := stalled(t)
	return condition != nil && slices.Contains(conflictReasons, condition.Reason)
}

// PhaseOf returns the phase of a Tenant, which is Pending until it is reconciled.
func PhaseOf(t *v1alpha1.Tenant) v1alpha1.TenantPhase {
	if t.Status.Phase == "" {
		return v1alpha1.TenantPending
	}
	return t.Status.Phase
}

// TitleOf returns the title of a Tenant's blog, which defaults to the Tenant's name.
func TitleOf(t *v1alpha1.Tenant) string {
	if t.Spec.DisplayName == "" {
		return t.Name
	}
	return t.Spec.DisplayName
}
