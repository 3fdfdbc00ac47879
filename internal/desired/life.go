package desired

import (
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// ActiveReason returns the reason of the condition Active at a time, from the dates of the Tenant's row: Paid, Grace,
// PaymentDue or Suspended.
func ActiveReason(row tenancy.Tenant, now time.Time) string {
	switch {
	case row.SuspendAt.IsZero():
		return v1alpha1.ReasonSuspended
	case !now.Before(row.SuspendAt):
		return v1alpha1.ReasonPaymentDue
	case !now.Before(EndOfDay(row.PaidUntil)):
		return v1alpha1.ReasonGrace
	}
	return v1alpha1.ReasonPaid
}

// EndOfDay returns the end of a day in UTC.
func EndOfDay(day time.Time) time.Time { return day.AddDate(0, 0, 1) }
