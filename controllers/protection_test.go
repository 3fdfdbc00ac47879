package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// Suspension, date, owner and limits are in effect whatever keeps the rest of a Tenant's spec from being reached.
func TestProtectionDoesNotWait(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) {
		p.Spec.Domains = []v1alpha1.ParentDomain{"example.com", "example.net"}
		p.Spec.PublicHosts = []v1alpha1.ParentDomain{"example.com", "taken.example.net"}
	})
	for name, test := range map[string]struct {
		fail   func()
		reason string
	}{
		"unlisted": {func() { p.EditTenant("unlisted", func(t *v1alpha1.Tenant) { t.Spec.Domain = "example.org" }) }, v1alpha1.ReasonDomainNotListed},
		"taken":    {func() { p.EditTenant("taken", func(t *v1alpha1.Tenant) { t.Spec.Domain = "example.net" }) }, v1alpha1.ReasonHostTaken},
		"missing": {func() {
			p.Exec(`DROP SCHEMA missing CASCADE`)
			p.PassMinute()
		}, v1alpha1.ReasonSchemaMissing},
	} {
		p.ReadyTenant(name)
		test.fail()
		p.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, test.reason)
		p.EditTenant(name, func(t *v1alpha1.Tenant) {
			t.Spec.Suspended, t.Spec.Owner, t.Spec.Limits = new(true), &v1alpha1.TenantOwner{Username: "owner"}, &v1alpha1.Limits{Posts: new(int64(3))}
			t.Spec.PaidUntil = "2040-12-31"
		})
		p.WaitCondition(name, v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
		stalled := p.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, test.reason)
		if ready := meta.FindStatusCondition(stalled.Status.Conditions, v1alpha1.ConditionReady); ready.Reason != test.reason {
			t.Errorf("%s: Ready has the reason %s", name, ready.Reason)
		}
		if row := query[string](p, `SELECT suspend_at || ' ' || owner || ' ' || max_posts || ' ' || paid_until FROM public.tenants WHERE name = $1`, name); row != "-infinity owner 3 2040-12-31" {
			t.Errorf("%s: the row is %s", name, row)
		}
		p.WaitBlog(name+".example.com", http.StatusPaymentRequired, "")
	}
	suspended := p.WaitCondition("unlisted", v1alpha1.ConditionServing, metav1.ConditionTrue, "")
	if suspended.Status.Phase != v1alpha1.TenantSuspended {
		t.Errorf("phase %s", suspended.Status.Phase)
	}
	p.EditTenant("unlisted", func(t *v1alpha1.Tenant) { t.Spec.Domain = "" })
	p.WaitCondition("unlisted", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.Wait("the message is that of a suspended blog", func(context.Context) error {
		return operatortest.WantText(p.Tenant("unlisted").Status.Conditions, fmt.Sprintf("The backend answers %d", http.StatusPaymentRequired))
	})
}
