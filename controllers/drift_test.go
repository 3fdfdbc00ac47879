package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func TestNoopReconcileIsOneQueryAndNoWrite(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.Wait("the Platform counts its Tenants", func(context.Context) error {
		if counts := p.ReadPlatform().Status.Tenants; counts == nil || counts.Active != 1 {
			return fmt.Errorf("it counts %v", counts)
		}
		return nil
	})
	p.Queries.Reset()
	p.Writes.Reset()
	p.Nudge("alice")
	p.Wait("alice is reconciled", func(context.Context) error {
		if len(p.Queries.Containing("[alice")) == 0 {
			return fmt.Errorf("there is no query")
		}
		return nil
	})
	p.ReadyTenant("bob") // is queued after alice, who is reconciled by now
	if got := p.Queries.Containing("[alice"); len(got) != 1 {
		t.Errorf("a reconcile with nothing to do sent %d statements: %s", len(got), strings.Join(got, "\n"))
	}
	for _, write := range p.Writes.All() {
		if strings.Contains(write, "alice") {
			t.Errorf("a reconcile with nothing to do wrote: %s", write)
		}
	}
}

func TestEditedIngressIsRepaired(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	key := p.Key(routing.TenantIngressName("alice"))
	for what, change := range map[string]func(*networkingv1.Ingress){
		"another host": func(i *networkingv1.Ingress) { i.Spec.Rules[0].Host = "evil.example.com" },
		"a default backend": func(i *networkingv1.Ingress) {
			i.Spec.DefaultBackend = i.Spec.Rules[0].HTTP.Paths[0].Backend.DeepCopy()
		},
		"no labels": func(i *networkingv1.Ingress) { i.Labels = nil },
		"an owner": func(i *networkingv1.Ingress) {
			i.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "1"}}
		},
	} {
		var before networkingv1.Ingress
		if err := p.Client.Get(t.Context(), key, &before); err != nil {
			t.Fatal(err)
		}
		edited := before.DeepCopy()
		change(edited)
		if err := p.Client.Patch(t.Context(), edited, client.MergeFrom(&before)); err != nil {
			t.Fatal(err)
		}
		p.Wait(what+" is put back", func(context.Context) error {
			var after networkingv1.Ingress
			if err := p.Client.Get(t.Context(), key, &after); err != nil {
				return err
			}
			if !routing.UpToDate(&after, &before) {
				return fmt.Errorf("it is %+v", after.Spec)
			}
			return nil
		})
	}
	p.WantEvent("alice", v1alpha1.ReasonIngressRepaired)

	var ingress networkingv1.Ingress
	if err := p.Client.Get(t.Context(), key, &ingress); err != nil {
		t.Fatal(err)
	}
	if err := p.Client.Delete(t.Context(), &ingress); err != nil {
		t.Fatal(err)
	}
	p.Wait("the deleted Ingress is recreated", func(context.Context) error {
		var again networkingv1.Ingress
		if err := p.Client.Get(t.Context(), key, &again); err != nil {
			return err
		}
		if again.UID == ingress.UID {
			return fmt.Errorf("it is still the deleted one")
		}
		return nil
	})
	if metric(t, "echoblogs_route_repairs_total") == 0 {
		t.Error("the metric does not count the repair")
	}
}

func TestChangedRowsAreRepaired(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"} })
	for what, sql := range map[string]string{
		"a deleted custom domain": `DELETE FROM public.domains WHERE host = 'www.alice.org'`,
		"a deleted primary host":  `DELETE FROM public.domains WHERE host = 'alice.example.com'`,
		"another display name":    `UPDATE public.tenants SET display_name = 'Mallory' WHERE name = 'alice'`,
		"another owner":           `UPDATE public.tenants SET owner = 'mallory' WHERE name = 'alice'`,
		"an early suspension":     `UPDATE public.tenants SET suspend_at = now() WHERE name = 'alice'`,
		"another date":            `UPDATE public.tenants SET suspend_at = suspend_at + interval '1 year' WHERE name = 'alice'`,
	} {
		p.Exec(sql)
		p.PassMinute()
		p.Wait(what+" is put back", func(context.Context) error {
			got := query[string](p, `SELECT display_name || owner || ' ' || (suspend_at = ((paid_until + 15)::timestamp AT TIME ZONE 'UTC')) || ' ' ||
				(SELECT string_agg(host, ' ' ORDER BY host) FROM public.domains d WHERE d.tenant_id = t.id AND released_at IS NULL)
				FROM public.tenants t WHERE name = 'alice'`)
			if got != "alice true alice.example.com www.alice.org" {
				return fmt.Errorf("the registry has %s", got)
			}
			return nil
		})
	}
	p.WantEvent("alice", v1alpha1.ReasonRegistryRepaired)
	if metric(t, "echoblogs_registry_repairs_total") == 0 {
		t.Error("the metric does not count the repair")
	}
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog("www.alice.org", http.StatusOK, "")
}

func TestMissingSchemaIsNotRecreated(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.Exec(`DROP SCHEMA alice CASCADE`)
	p.PassMinute()
	missing := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaMissing)
	if missing.Status.Phase != v1alpha1.TenantFailed {
		t.Errorf("phase %s", missing.Status.Phase)
	}
	p.Nudge("alice")
	p.ReadyTenant("bob") // is queued after it
	if query[int](p, operatortest.SchemaCount, "alice") != 0 {
		t.Error("a missing schema was silently recreated")
	}
	p.EditTenant("alice", operatortest.Annotate(v1alpha1.AnnotationOnMissing, v1alpha1.OnMissingRecreate))
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if query[int](p, operatortest.SchemaCount, "alice") != 1 {
		t.Error("the schema was not recreated")
	}
}

func TestEmptyDatabaseUnderTenants(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.Exec(`DROP SCHEMA alice CASCADE; DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
			EXECUTE format('DROP TABLE public.%I CASCADE', name);
		END LOOP; END $$`)
	p.PassMinute()
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaMissing)
	if query[int](p, operatortest.SchemaCount, "alice") != 0 {
		t.Error("the schema was silently recreated")
	}
}

func TestDriftCheckTakesOneQueryPerThousandTenants(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.Exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at, created_at, updated_at)
		SELECT 'orphan-' || n, 'orphan_' || n, 'live', 1, 'x', now(), now(), now(), now() FROM generate_series(1, 2500) n`)
	p.Queries.Reset()
	p.PassMinute()
	const list = "ORDER BY t.name LIMIT"
	p.Wait("all Tenants were checked", func(context.Context) error { return wantCount(len(p.Queries.Containing(list)), 3) })
	if got := len(p.Queries.Containing("public.tenants")) - len(p.Queries.Containing(list)); got > 4 {
		t.Errorf("a check of 2,500 tenants makes %d further reads of the registry", got)
	}
	if n := query[int](p, `SELECT count(*) FROM public.tenants`); n != 2500 {
		t.Errorf("%d rows without a Tenant are left, want all 2,500: they are reported, never dropped", n)
	}
}

// After twenty edits of every field within a second, the last one is in effect.
func TestManyEditsAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Domains = []v1alpha1.ParentDomain{"example.com", "example.net"} })
	p.ReadyTenant("alice")
	for i := range 20 {
		p.EditTenant("alice", func(t *v1alpha1.Tenant) {
			t.Spec.DisplayName = fmt.Sprintf("Name %d", i)
			t.Spec.Domain = []string{"example.com", "example.net"}[i%2]
			t.Spec.CustomDomains = []v1alpha1.CustomDomain{v1alpha1.CustomDomain(fmt.Sprintf("www%d.alice.org", i%3))}
			t.Spec.Suspended = new(i%4 == 1)
			t.Spec.PaidUntil = v1alpha1.NewDate(p.Clock.Now().AddDate(0, i+1, 0))
		})
	}
	tenant := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if tenant.Status.ObservedGeneration != tenant.Generation || tenant.Status.PaidUntil != tenant.Spec.PaidUntil {
		t.Errorf("status of generation %d, paid until %s; want %d and %s", tenant.Status.ObservedGeneration, tenant.Status.PaidUntil, tenant.Generation, tenant.Spec.PaidUntil)
	}
	for _, host := range []string{"alice.example.net", "www1.alice.org"} {
		p.WantBlog(host, http.StatusOK, operatortest.Title("Name 19"))
	}
	for _, host := range []string{"www0.alice.org", "www2.alice.org"} {
		p.WaitBlog(host, http.StatusNotFound, operatortest.NoBlog)
	}
	p.WaitBlog("alice.example.com", http.StatusPermanentRedirect, "")
}
