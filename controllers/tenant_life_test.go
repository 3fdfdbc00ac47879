package controllers_test

import (
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func TestPhasesFollowPaidUntil(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) {
		p.Spec.Defaults = &v1alpha1.TenantDefaults{GraceDays: new(int32(7))}
	})
	p.Clock.SetTime(time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC))
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = "2027-01-31" })
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid)

	p.Clock.SetTime(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
	p.Nudge("alice")
	grace := p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonGrace)
	if grace.Status.Phase != v1alpha1.TenantGrace {
		t.Errorf("phase %s in the grace period", grace.Status.Phase)
	}
	p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("alice"))

	// The blog applies the date before the operator reconciles.
	p.Clock.SetTime(time.Date(2027, 2, 8, 0, 0, 0, 0, time.UTC))
	p.WaitBlog("alice.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("alice"))
	p.Nudge("alice")
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonPaymentDue)
	suspended := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if suspended.Status.Phase != v1alpha1.TenantSuspended {
		t.Errorf("phase %s after the grace period", suspended.Status.Phase)
	}

	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = "2028-01-31" })
	p.WaitBlog("alice.example.com", http.StatusOK, "")
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid)
	for _, reason := range []string{v1alpha1.ReasonGrace, v1alpha1.ReasonPaymentDue, v1alpha1.ReasonPaid} {
		p.WantEvent("alice", reason)
	}
}

func TestSuspensionBySpec(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.ReadyTenant("bob")
	if output, err := p.kubectl("", "patch", "tenant", "alice", "--type=merge", "-p", `{"spec":{"suspended":true,"suspensionReason":"Payment is overdue."}}`); err != nil {
		t.Fatalf("kubectl patch: %v\n%s", err, output)
	}
	p.WaitBlog("alice.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("alice"))
	p.WaitBlog("alice.example.com", http.StatusPaymentRequired, "Reason: Payment is overdue.")
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if tenant := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, ""); tenant.Status.Phase != v1alpha1.TenantSuspended {
		t.Errorf("phase %s", tenant.Status.Phase)
	}
	p.WantBlog("bob.example.com", http.StatusOK, operatortest.Title("bob"))
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(false) })
	p.WaitBlog("alice.example.com", http.StatusOK, "")
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid)
}

// A date that is not set is computed once. Another default does not change it.
func TestPaidUntilIsComputedOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) {
		p.Spec.Defaults = &v1alpha1.TenantDefaults{PaidPeriodDays: new(int32(10))}
	})
	alice := p.ReadyTenant("alice")
	want := v1alpha1.NewDate(alice.CreationTimestamp.AddDate(0, 0, 10))
	if alice.Status.PaidUntil != want {
		t.Errorf("paid until %s, want %s", alice.Status.PaidUntil, want)
	}
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Defaults.PaidPeriodDays = new(int32(99)) })
	p.WaitReady() // the operator has seen it
	bob := p.ReadyTenant("bob")
	if want := v1alpha1.NewDate(bob.CreationTimestamp.AddDate(0, 0, 99)); bob.Status.PaidUntil != want {
		t.Errorf("bob is paid until %s, want %s", bob.Status.PaidUntil, want)
	}
	p.Nudge("alice")
	if got := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "").Status.PaidUntil; got != want {
		t.Errorf("alice is paid until %s now, want %s", got, want)
	}
}

// A date that is removed from the spec gives way to the default.
func TestPaidUntilIsRemoved(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) {
		p.Spec.Defaults = &v1alpha1.TenantDefaults{PaidPeriodDays: new(int32(10)), GraceDays: new(int32(5))}
	})
	past := v1alpha1.NewDate(p.Clock.Now().AddDate(0, 0, -30))
	alice := p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = past })
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonPaymentDue)
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = "" })
	want := v1alpha1.NewDate(alice.CreationTimestamp.AddDate(0, 0, 10))
	if got := p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid).Status.PaidUntil; got != want {
		t.Errorf("paid until %s, want %s", got, want)
	}

	// The date is computed once again.
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Defaults.PaidPeriodDays = new(int32(99)) })
	p.WaitReady()
	p.Nudge("alice")
	if got := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "").Status.PaidUntil; got != want {
		t.Errorf("paid until %s now, want %s", got, want)
	}
}

func TestLimitsReachTheRegistry(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) {
		p.Spec.Defaults = &v1alpha1.TenantDefaults{
			Limits:      &v1alpha1.Limits{RequestsPerSecond: new(int32(50))},
			TrialLimits: &v1alpha1.Limits{Posts: new(int64(5))},
		}
	})
	p.ReadyTenant("trial")
	p.ReadyTenant("paying", func(t *v1alpha1.Tenant) {
		t.Spec.Trial = new(false)
		t.Spec.Limits = &v1alpha1.Limits{RequestsPerSecond: new(int32(7))}
	})
	for name, want := range map[string]string{"trial": "5 104857600 50", "paying": "none none 7"} {
		got := query[string](p, `SELECT concat_ws(' ', coalesce(max_posts::text, 'none'), coalesce(max_storage_bytes::text, 'none'), requests_per_second)
			FROM public.tenants WHERE name = $1`, name)
		if got != want {
			t.Errorf("limits of %s: %s, want %s", name, got, want)
		}
	}
}
