package tenant

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
)

// ensureActive tells where the Tenant is in its life, and when that changes. The blog goes by the registry row itself,
// so that a suspension begins at its date with or without the operator.
//
// Sets Active: True with Paid or Grace, False with PaymentDue or SuspendedByHand.
func (r *Reconciler) ensureActive(_ context.Context, s *scope) error {
	before := meta.IsStatusConditionFalse(s.tenant.Status.Conditions, v1alpha1.ConditionActive)
	day := v1alpha1.NewDate(s.row.PaidUntil)
	switch desired.ActiveReason(s.row, s.now) {
	case v1alpha1.ReasonSuspendedByHand:
		s.Set(v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspendedByHand, "Suspended by spec.suspended: readers get 402; set it to false to go on.")
	case v1alpha1.ReasonPaymentDue:
		s.Set(v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonPaymentDue,
			fmt.Sprintf("Paid until %s, and the grace period is over: readers get 402; set spec.paidUntil to go on.", day))
	case v1alpha1.ReasonGrace:
		s.Set(v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonGrace,
			fmt.Sprintf("Paid until %s; suspended from %s on.", day, s.row.SuspendAt.UTC().Format(time.RFC3339)))
		s.nextDate = s.row.SuspendAt
	default:
		s.Set(v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid, fmt.Sprintf("Paid until %s.", day))
		s.nextDate = desired.EndOfDay(s.row.PaidUntil)
	}
	if before != meta.IsStatusConditionFalse(s.tenant.Status.Conditions, v1alpha1.ConditionActive) {
		s.needsProbe = true // readers get another answer, which the probe has to see
	}
	return nil
}
