package tenant

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/remediation"
)

// ensureActive reports whether the Tenant is active, from the dates of its row, and schedules the next change. The
// application reads the same row, so that a suspension begins on time even while the operator is down.
//
// Sets Active: True with Paid or Grace, False with PaymentDue or Suspended.
func (r *Reconciler) ensureActive(_ context.Context, s *scope) error {
	before := meta.IsStatusConditionFalse(s.tenant.Status.Conditions, v1alpha1.ConditionActive)
	day := v1alpha1.NewDate(s.row.PaidUntil)
	switch desired.ActiveReason(s.row, s.now) {
	case v1alpha1.ReasonSuspended:
		s.setActive(metav1.ConditionFalse, v1alpha1.ReasonSuspended, "Suspended by spec.suspended: readers get 402 Payment Required.")
	case v1alpha1.ReasonPaymentDue:
		s.setActive(metav1.ConditionFalse, v1alpha1.ReasonPaymentDue,
			fmt.Sprintf("Paid until %s, and the grace period has ended: readers get 402 Payment Required.", day))
	case v1alpha1.ReasonGrace:
		s.setActive(metav1.ConditionTrue, v1alpha1.ReasonGrace,
			fmt.Sprintf("Paid until %s; will be suspended at %s. Readers can read, the owner cannot write.", day, s.row.SuspendAt.UTC().Format(time.RFC3339)))
		s.nextDate = s.row.SuspendAt
	default:
		s.setActive(metav1.ConditionTrue, v1alpha1.ReasonPaid, fmt.Sprintf("Paid until %s.", day))
		s.nextDate = desired.EndOfDay(s.row.PaidUntil)
	}
	if before != meta.IsStatusConditionFalse(s.tenant.Status.Conditions, v1alpha1.ConditionActive) {
		s.needsProbe = true // readers get another response
	}
	return nil
}

func (s *scope) setActive(status metav1.ConditionStatus, reason, message string) {
	s.Set(v1alpha1.ConditionActive, status, reason, remediation.Append(reason, message))
}
