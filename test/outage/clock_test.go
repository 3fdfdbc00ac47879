package outage_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// ownClock makes the operator use the database's clock when its own differs, as in a cluster.
func ownClock(p *operatortest.Platform) { p.MaxClockSkew = 0 }

// setClock sets the clock of operator and blog, and reconciles the Platform, which checks all Tenants.
func (p *platform) setClock(now time.Time) {
	p.T.Helper()
	p.Clock.SetTime(now)
	p.EditPlatform(operatortest.AnnotatePlatform("test/nudge", now.String()))
}

// A wrong clock suspends Tenants while it is wrong, but does nothing else: no tombstone is purged early, and every Tenant
// returns to the state of its dates.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	p := newNamespace(t, ownClock)
	p.Start()
	now := p.Clock.Now()
	p.ReadyTenant("alice")
	p.ReadyTenant("grace", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = v1alpha1.NewDate(now.AddDate(0, 0, -3)) })
	p.ReadyTenant("due", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = v1alpha1.NewDate(now.AddDate(0, 0, -30)) })
	p.ReadyTenant("kept")
	p.WritePost("alice", "What was written before")
	p.WritePost("kept", "What was kept")
	p.DeleteTenants("kept")
	tombstone := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'kept'`)

	for _, jump := range []time.Time{now.AddDate(10, 0, 0), now.AddDate(-10, 0, 0), now.Add(-time.Hour)} {
		p.setClock(jump)
		switch {
		case jump.Before(now.AddDate(-1, 0, 0)):
			for _, name := range []string{"grace", "due"} {
				p.WaitCondition(name, v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid)
			}
		case jump.After(now):
			p.WaitBlog("alice.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("alice"))
			for _, name := range []string{"alice", "grace", "due"} {
				p.WaitCondition(name, v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonPaymentDue)
			}
		}
		p.setClock(now)
		for name, reason := range map[string]string{"alice": v1alpha1.ReasonPaid, "grace": v1alpha1.ReasonGrace, "due": v1alpha1.ReasonPaymentDue} {
			p.waitActive(name, reason)
		}
		p.WaitBlog("alice.example.com", http.StatusOK, "What was written before")
		p.WaitBlog("grace.example.com", http.StatusOK, "")
		p.WaitBlog("due.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("due"))
		if query[int](p, operatortest.SchemaCount, tombstone) != 1 {
			t.Fatalf("a clock that was set to %s has purged what was to be kept", jump)
		}
	}
	p.ReadyTenant("kept", p.Restoring("kept"))
	p.WaitBlog("kept.example.com", http.StatusOK, "What was kept")
}

// waitActive waits until a Tenant is Ready and its Active condition has a reason.
func (p *platform) waitActive(name, reason string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s is %s", name, reason), func(context.Context) error {
		tenant := p.Tenant(name)
		for _, c := range tenant.Status.Conditions {
			if c.Type == v1alpha1.ConditionActive && c.Reason == reason {
				return platformtest.HasCondition(tenant.Status.Conditions, tenant.Generation, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
			}
		}
		return fmt.Errorf("it has %v", tenant.Status.Conditions)
	})
}

// A host that alice has released is on hold for a minute, whatever the operator's clock says, because replicas with an
// old snapshot still show alice's posts there.
func TestClockDoesNotShortenAHold(t *testing.T) {
	t.Parallel()
	p := newNamespace(t, ownClock)
	p.Start()
	now := p.Clock.Now()
	shared := func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.shared.org"} }
	p.ReadyTenant("alice", shared)
	for _, jumps := range []struct{ atRelease, after time.Time }{
		{now, now.AddDate(10, 0, 0)},  // ahead during the hold
		{now.AddDate(-10, 0, 0), now}, // behind at its start
		{now.AddDate(10, 0, 0), now},  // ahead at its start
	} {
		p.setClock(jumps.atRelease)
		p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = nil })
		p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
		p.setClock(jumps.after)
		p.CreateTenant("carol", shared)
		p.WaitCondition("carol", v1alpha1.ConditionDomainsReady, metav1.ConditionFalse, v1alpha1.ReasonNameHeld)
		for range 5 {
			p.Nudge("carol")
			p.ReadyTenant("after", operatortest.Deleting) // is queued after it
			p.DeleteTenants("after")
			p.Exec(`DELETE FROM public.tenants WHERE name = 'after'`)
			if owner := p.ownerOf("www.shared.org"); owner != "alice" {
				t.Fatalf("released at %s and wanted at %s, the host went to %q at once", jumps.atRelease, jumps.after, owner)
			}
		}
		// The hold still ends a minute after its start by the correct clock.
		p.Wait("the hold ends", func(context.Context) error {
			ends := query[time.Time](p, `SELECT released_at FROM public.domains WHERE host = 'www.shared.org'`).Add(tenancy.Hold)
			if ends.After(time.Now().Add(tenancy.Hold)) {
				return fmt.Errorf("it ends at %s", ends)
			}
			return nil
		})
		p.setClock(now.Add(tenancy.Hold))
		p.Exec(`UPDATE public.domains SET released_at = released_at - interval '1 minute' WHERE host = 'www.shared.org'`)
		p.Nudge("carol")
		p.WaitCondition("carol", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
		p.WaitBlog("www.shared.org", http.StatusOK, operatortest.Title("carol"))

		p.EditTenant("carol", operatortest.Deleting)
		p.DeleteTenants("carol")
		p.Exec(`DELETE FROM public.tenants WHERE name = 'carol'`)
		p.EditTenant("alice", shared)
		p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	}
}

func (p *platform) ownerOf(host string) string {
	p.T.Helper()
	return query[string](p, `SELECT t.name FROM public.domains d JOIN public.tenants t ON t.id = d.tenant_id WHERE d.host = $1`, host)
}
