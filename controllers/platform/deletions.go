package platform

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/remediation"
)

// reportHeldDeletions reports the Tenants whose deletions wait for a decision.
//
// Sets DeletionsHeld, which is present only while it is True.
func reportHeldDeletions(s *scope, held []string) {
	heldDeletions.WithLabelValues(s.platform.Namespace, s.platform.Name).Set(float64(len(held)))
	if len(held) == 0 {
		s.Remove(v1alpha1.ConditionDeletionsHeld)
		return
	}
	slices.Sort(held)
	s.Set(v1alpha1.ConditionDeletionsHeld, metav1.ConditionTrue, v1alpha1.ReasonDeletionHeld,
		remediation.Append(v1alpha1.ReasonDeletionHeld, fmt.Sprintf("Deletions of Tenants that wait for a decision: %d (%s).", len(held), someOf(held))))
}
