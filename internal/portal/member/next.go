package member

import (
	"slices"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
)

// payDays is from how many days before its end on the end of a plan is what comes first.
const payDays = 7

// step is what a user may do next.
type step string

// The steps, the first that applies first.
const (
	stepPay     step = "pay"
	stepConfirm step = "confirm"
	stepFirst   step = "first"
	stepWrite   step = "write"
)

// nextView is the one step that the home page leads to.
type nextView struct {
	Step step
	// Blog is the one that it is about, or else the one to write on. nil: none.
	Blog *blogView
}

// nextStep chooses what a user may do next. wrote reports whether a blog of theirs has had a published post.
func nextStep(u *account.User, blogs []blogView, wrote bool) *nextView {
	for i := range blogs {
		if blogs[i].paymentDue() {
			return &nextView{stepPay, &blogs[i]}
		}
	}
	var writable *blogView
	if i := slices.IndexFunc(blogs, func(v blogView) bool { return v.Writable() }); i >= 0 {
		writable = &blogs[i]
	}
	switch {
	case u.ConfirmedAt.IsZero():
		return &nextView{stepConfirm, writable}
	case writable == nil:
		return nil
	case wrote:
		return &nextView{stepWrite, writable}
	}
	return &nextView{stepFirst, writable}
}

// paymentDue reports whether the plan of a blog has ended or ends within days.
func (v *blogView) paymentDue() bool {
	switch {
	case v.Phase == v1alpha1.TenantTerminating, v.PaidUntil.IsZero():
		return false
	case v.Phase == v1alpha1.TenantSuspended:
		return !v.SuspendedByStaff && v.DaysLeft == 0
	}
	return v.DaysLeft <= payDays
}
