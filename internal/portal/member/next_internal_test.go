package member

import (
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
)

func TestNextStep(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 27, 12, 0, 0, 0, time.UTC)
	confirmed, unconfirmed := &account.User{ConfirmedAt: now}, &account.User{}
	blog := func(phase v1alpha1.TenantPhase, daysLeft int) blogView {
		return blogView{Name: "carol", URL: "http://carol.example.com", Phase: phase, PaidUntil: now, DaysLeft: daysLeft}
	}
	suspended := blog(v1alpha1.TenantSuspended, 0)
	suspended.SuspendedByStaff = true
	undated := blog(v1alpha1.TenantProvisioning, 0)
	undated.PaidUntil = time.Time{}
	tests := map[string]struct {
		user  *account.User
		blogs []blogView
		wrote bool
		want  step
	}{
		"a week before the end":        {unconfirmed, []blogView{blog(v1alpha1.TenantActive, 7)}, false, stepPay},
		"earlier":                      {unconfirmed, []blogView{blog(v1alpha1.TenantActive, 8)}, false, stepConfirm},
		"in the grace period":          {confirmed, []blogView{blog(v1alpha1.TenantGrace, 0)}, true, stepPay},
		"after it":                     {confirmed, []blogView{blog(v1alpha1.TenantSuspended, 0)}, true, stepPay},
		"suspended by staff":           {confirmed, []blogView{suspended}, true, ""},
		"being deleted":                {confirmed, []blogView{blog(v1alpha1.TenantTerminating, 0)}, true, ""},
		"without posts":                {confirmed, []blogView{blog(v1alpha1.TenantActive, 14)}, false, stepFirst},
		"with posts":                   {confirmed, []blogView{blog(v1alpha1.TenantActive, 14)}, true, stepWrite},
		"another blog ends":            {confirmed, []blogView{blog(v1alpha1.TenantActive, 14), blog(v1alpha1.TenantActive, 1)}, true, stepPay},
		"a blog without a date is new": {confirmed, []blogView{undated}, false, stepFirst},
		"no blog":                      {confirmed, nil, false, ""},
		"no blog and not confirmed":    {unconfirmed, nil, false, stepConfirm},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got step
			if next := nextStep(test.user, test.blogs, test.wrote); next != nil {
				got = next.Step
			}
			if got != test.want {
				t.Errorf("the next step is %q, want %q", got, test.want)
			}
		})
	}
}
