package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// policy makes a Platform serve custom domains by a policy, and lists some.
func policy(policy v1alpha1.CustomDomainPolicy, allowed ...v1alpha1.CustomDomainPattern) func(*v1alpha1.Platform) {
	return func(p *v1alpha1.Platform) {
		p.Spec.Routing.CustomDomains, p.Spec.Routing.AllowedCustomDomains = policy, allowed
	}
}

func withDomains(domains ...v1alpha1.CustomDomain) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = domains }
}

// pass advances the clock and reconciles Tenants, as the time does.
func (p *platform) pass(d time.Duration, tenants ...string) {
	p.T.Helper()
	p.Clock.SetTime(p.Clock.Now().Add(d))
	for _, name := range tenants {
		p.Nudge(name)
	}
}

// record returns the record that proves a domain of a Tenant.
func (p *platform) record(tenant, host string) domainproof.Record { return p.row(tenant).Record(host) }

func (p *platform) prove(tenant, host string) {
	record := p.record(tenant, host)
	p.DNS.Set(record.Name, record.Value)
}

// waitDomains waits until DomainsReady of a Tenant has a reason and its message contains a text.
func (p *platform) waitDomains(name, reason, text string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("DomainsReady of %s is %s", name, reason), func(context.Context) error {
		tenant := p.Tenant(name)
		for _, c := range tenant.Status.Conditions {
			if c.Type == v1alpha1.ConditionDomainsReady && c.Reason == reason && strings.Contains(c.Message, text) {
				return nil
			}
		}
		return fmt.Errorf("it has %v", tenant.Status.Conditions)
	})
}

// wantRoute fails the test unless the Ingress of a Tenant has these hosts.
func (p *platform) wantRoute(tenant string, want ...string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("the Ingress of %s has the hosts %v", tenant, want), func(ctx context.Context) error {
		var ingress networkingv1.Ingress
		if err := p.Client.Get(ctx, p.Key(routing.TenantIngressName(tenant)), &ingress); err != nil {
			return err
		}
		var have []string
		for _, rule := range ingress.Spec.Rules {
			have = append(have, rule.Host)
		}
		if !slices.Equal(have, want) {
			return fmt.Errorf("it has %v", have)
		}
		return nil
	})
}

// A domain in a manifest that belongs to another person is neither served nor reserved.
func TestUnprovenDomainsReserveNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(""))
	p.CreateTenant("mallory", withDomains("www.alice.org"))
	record := func() domainproof.Record { return p.record("mallory", "www.alice.org") }
	p.WaitCondition("mallory", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCustomDomainUnproven)
	p.waitDomains("mallory", v1alpha1.ReasonCustomDomainUnproven,
		fmt.Sprintf(`The custom domain "www.alice.org" is not proven: it needs the TXT record _echoblogs.www.alice.org with the value %q.`, record().Value))
	p.WantBlog("mallory.example.com", http.StatusOK, operatortest.Title("mallory"))
	p.WantBlog("www.alice.org", http.StatusNotFound, operatortest.NoBlog)
	p.wantRoute("mallory", "mallory.example.com")
	if n := query[int](p, `SELECT count(*) FROM public.domains WHERE host = 'www.alice.org'`); n != 0 {
		t.Error("an unproven domain is reserved")
	}

	p.CreateTenant("alice", withDomains("www.alice.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "")
	if p.record("alice", "www.alice.org") == record() {
		t.Fatal("two Tenants have the same record")
	}
	p.prove("alice", "www.alice.org")
	p.pass(time.Minute, "alice", "mallory")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WantBlog("www.alice.org", http.StatusOK, operatortest.Title("alice"))
	p.wantRoute("alice", "alice.example.com", "www.alice.org")
	p.waitDomains("mallory", v1alpha1.ReasonCustomDomainUnproven, "")
	for _, reason := range []string{v1alpha1.ReasonRegistryRepaired, v1alpha1.ReasonIngressRepaired} {
		if notes := p.Notes("alice", reason); len(notes) > 0 {
			t.Errorf("a proof counts as drift: %v", notes)
		}
	}
	if got := p.doctor(); strings.Contains(got, "alice") {
		t.Errorf("the doctor says %s", got)
	}

	// Of two that prove it, the first one has it.
	p.DNS.Set(record().Name, p.record("alice", "www.alice.org").Value, record().Value)
	p.pass(16*time.Minute, "mallory")
	p.waitDomains("mallory", v1alpha1.ReasonCustomDomainTaken, `The custom domain "www.alice.org" belongs to the Tenant "alice".`)
	p.EditTenant("alice", withDomains())
	p.waitDomains("mallory", v1alpha1.ReasonNameHeld, "")
	p.pass(tenancy.Hold, "mallory")
	p.WaitCondition("mallory", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

func TestNoopReconcileWithProvenDomains(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsVerified))
	p.CreateTenant("alice", withDomains("www.alice.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "")
	p.prove("alice", "www.alice.org")
	p.pass(time.Minute, "alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.ReadyTenant("before")
	for name, stop := range map[string]func(){"in a running operator": func() {}, "after a restart": p.StartOperator(nil)} {
		stop()
		asked := p.DNS.Queries("_echoblogs.www.alice.org")
		p.Queries.Reset()
		p.Writes.Reset()
		p.Nudge("alice")
		p.Wait("alice is reconciled", func(context.Context) error {
			if len(p.Queries.Containing("[alice")) == 0 {
				return errors.New("there is no query")
			}
			return nil
		})
		p.ReadyTenant(map[string]string{"in a running operator": "bob", "after a restart": "carol"}[name])
		for _, sql := range p.Queries.Containing("[alice") {
			if !strings.HasPrefix(sql, "SELECT") {
				t.Errorf("%s, a reconcile with nothing to do sent %s", name, sql)
			}
		}
		for _, write := range p.Writes.All() {
			if strings.Contains(write, "alice") {
				t.Errorf("%s, a reconcile with nothing to do wrote: %s", name, write)
			}
		}
		if n := p.DNS.Queries("_echoblogs.www.alice.org"); n != asked {
			t.Errorf("%s, a proven domain was looked up again", name)
		}
	}
}

// Seven days of absence release a domain, silence does not, and the record brings it back.
func TestAbsentRecordsReleaseDomains(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsVerified))
	p.CreateTenant("alice", withDomains("www.alice.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "")
	p.prove("alice", "www.alice.org")
	p.pass(time.Minute, "alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	record := p.record("alice", "www.alice.org")
	// lookedUp waits until the record has been looked up after a time has passed, and alice reconciled after that.
	lookedUp := func(d time.Duration) {
		t.Helper()
		before := p.DNS.Queries(record.Name)
		p.pass(d, "alice")
		p.Wait("the record is looked up", func(context.Context) error {
			if p.DNS.Queries(record.Name) == before {
				return errors.New("it is not")
			}
			return nil
		})
	}
	absentSince := func() *time.Time {
		t.Helper()
		return query[*time.Time](p, `SELECT absent_since FROM public.domains WHERE host = 'www.alice.org'`)
	}

	p.DNS.Break(dnsserver.ServerFailure)
	lookedUp(30 * 24 * time.Hour)
	broken := p.Clock.Now().Truncate(time.Microsecond)
	p.DNS.Break(dnsserver.None) // a resolver that is at its second attempt gets the record
	p.pass(time.Hour, "alice")
	p.Wait("the check is recorded", func(context.Context) error {
		if at := p.row("alice").Checks["www.alice.org"].CheckedAt; at.Before(broken) {
			return fmt.Errorf("it was checked at %s", at)
		}
		return nil
	})
	if since := absentSince(); since != nil {
		t.Fatalf("a month of silence counts as absence, since %s", since)
	}

	p.DNS.Set(record.Name, "something else")
	lookedUp(24 * time.Hour)
	p.waitDomains("alice", v1alpha1.ReasonDomainsReady, `The custom domain "www.alice.org" loses its proof at `)
	p.DNS.Break(dnsserver.ServerFailure)
	lookedUp(8 * 24 * time.Hour)
	p.WaitBlog("www.alice.org", http.StatusOK, operatortest.Title("alice"))
	p.DNS.Break(dnsserver.None)
	lookedUp(time.Hour) // absent at both ends of seven days
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCustomDomainUnproven)
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "because the record had been absent for 7 days.")
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, fmt.Sprintf("the TXT record %s with the value %q", record.Name, record.Value))
	p.WantEvent("alice", v1alpha1.ReasonCustomDomainReleased)
	p.WaitBlog("www.alice.org", http.StatusNotFound, operatortest.NoBlog)
	p.wantRoute("alice", "alice.example.com")
	if got := p.Tenant("alice").Spec.CustomDomains; len(got) != 1 {
		t.Errorf("the spec has %v: it is its author's", got)
	}

	p.DNS.Set(record.Name, record.Value)
	lookedUp(16 * time.Minute)
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog("www.alice.org", http.StatusOK, operatortest.Title("alice"))
	p.wantRoute("alice", "alice.example.com", "www.alice.org")
}

// A clock that was ahead by years delays no later lookup.
func TestClockAheadDelaysNoLookup(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsVerified))
	p.CreateTenant("alice", withDomains("www.alice.org"), func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = "2099-12-31" })
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "")
	p.prove("alice", "www.alice.org")
	checkedAt := func(want time.Time) {
		t.Helper()
		p.Wait("the check is recorded", func(context.Context) error {
			if at := p.row("alice").Checks["www.alice.org"].CheckedAt; !at.Equal(want.Truncate(time.Microsecond)) {
				return fmt.Errorf("it was checked at %s", at)
			}
			return nil
		})
	}
	correct := p.Clock.Now()
	p.pass(10*365*24*time.Hour, "alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	checkedAt(p.Clock.Now())
	p.Clock.SetTime(correct)
	p.Nudge("alice")
	checkedAt(correct)
	record := p.record("alice", "www.alice.org")
	p.DNS.Set(record.Name)
	p.pass(24*time.Hour, "alice")
	p.waitDomains("alice", v1alpha1.ReasonDomainsReady, "loses its proof at")
}

// A changed policy applies to the Tenants that exist.
func TestPoliciesForCustomDomains(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsAny))
	p.ReadyTenant("alice", withDomains("www.alice.org", "www.corp.example.org"))
	record := p.record("alice", "www.alice.org")
	p.waitDomains("alice", v1alpha1.ReasonDomainsReady,
		fmt.Sprintf(`The custom domain "www.alice.org" is not proven, so its owner cannot log in there and another Tenant can take it over: set the TXT record %s to the value %q.`, record.Name, record.Value))
	p.WantBlog("www.alice.org", http.StatusOK, operatortest.Title("alice"))

	p.EditPlatform(policy(v1alpha1.CustomDomainsVerified, "*.example.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, `"www.alice.org"`)
	p.wantRoute("alice", "alice.example.com", "www.corp.example.org")
	p.WaitBlog("www.alice.org", http.StatusNotFound, operatortest.NoBlog)
	p.WantBlog("www.corp.example.org", http.StatusOK, operatortest.Title("alice"))

	p.prove("alice", "www.alice.org")
	p.pass(time.Hour, "alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.wantRoute("alice", "alice.example.com", "www.alice.org", "www.corp.example.org")

	p.EditPlatform(policy(v1alpha1.CustomDomainsListed, "*.example.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainNotListed, `The Platform "default" serves only custom domains that it lists, and does not list "www.alice.org".`)
	p.wantRoute("alice", "alice.example.com", "www.corp.example.org")
	p.EditPlatform(policy(v1alpha1.CustomDomainsListed, "www.alice.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainNotListed, `does not list "www.corp.example.org".`)
	p.wantRoute("alice", "alice.example.com", "www.alice.org")
	p.EditPlatform(policy(v1alpha1.CustomDomainsListed, "www.alice.org", "www.corp.example.org"))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.wantRoute("alice", "alice.example.com", "www.alice.org", "www.corp.example.org")
}

// Where any domain is served, one goes to the Tenant that proves it.
func TestProofTakesADomainOver(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsAny))
	p.ReadyTenant("mallory", withDomains("www.alice.org"))
	p.WantBlog("www.alice.org", http.StatusOK, operatortest.Title("mallory"))
	p.CreateTenant("alice", withDomains("www.alice.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainTaken, "")
	p.prove("alice", "www.alice.org")
	p.pass(time.Minute, "alice")
	p.waitDomains("alice", v1alpha1.ReasonNameHeld, "")
	p.waitDomains("mallory", v1alpha1.ReasonNameHeld, "")
	p.wantRoute("mallory", "mallory.example.com")
	p.WaitBlog("www.alice.org", http.StatusNotFound, operatortest.NoBlog)
	p.pass(tenancy.Hold, "mallory")
	p.ReadyTenant("bob") // is queued after mallory
	p.Nudge("alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog("www.alice.org", http.StatusOK, operatortest.Title("alice"))
	p.pass(tenancy.Hold, "mallory")
	p.waitDomains("mallory", v1alpha1.ReasonCustomDomainTaken, `The custom domain "www.alice.org" belongs to the Tenant "alice".`)
}

// A later Tenant of the same name inherits no proof; a restored one keeps it.
func TestProofsBelongToOneTenant(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsVerified))
	p.CreateTenant("alice", withDomains("www.alice.org"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "")
	p.prove("alice", "www.alice.org")
	p.pass(time.Minute, "alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	first := p.record("alice", "www.alice.org")

	p.DeleteTenants("alice")
	p.pass(time.Hour)
	p.ReadyTenant("alice", withDomains("www.alice.org"), p.Restoring("alice"))
	if got := p.record("alice", "www.alice.org"); got != first {
		t.Errorf("restored, it has another record: %+v, %+v", got, first)
	}
	p.DeleteTenants("alice")
	p.pass(time.Hour)
	p.CreateTenant("alice", withDomains("www.alice.org"), p.Fresh("alice"))
	p.waitDomains("alice", v1alpha1.ReasonCustomDomainUnproven, "")
	if p.record("alice", "www.alice.org") == first {
		t.Error("a later Tenant has the same record")
	}
}

// DNS servers that do not answer delay no reconcile.
func TestSilentServersDelayNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, policy(v1alpha1.CustomDomainsVerified))
	p.DNS.Break(dnsserver.Silence)
	var domains []v1alpha1.CustomDomain
	for i := range 20 {
		domains = append(domains, v1alpha1.CustomDomain(fmt.Sprintf("www%d.mallory.org", i)))
	}
	began := time.Now()
	for i := range 10 {
		p.CreateTenant(fmt.Sprintf("mallory-%d", i), withDomains(domains...))
	}
	p.ReadyTenant("alice")
	for i := range 10 {
		p.waitDomains(fmt.Sprintf("mallory-%d", i), v1alpha1.ReasonCustomDomainUnproven, "")
	}
	if took := time.Since(began); took > 4*domainproof.Timeout {
		t.Errorf("it took %s", took)
	}
}
