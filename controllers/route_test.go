package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// cert-manager adds the paths of challenges to an Ingress that exists. Those stay, and any other path goes.
func TestChallengesStayInTheIngress(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	key := p.Key(routing.TenantIngressName("alice"))
	const challenge = "/.well-known/acme-challenge/token"
	for _, path := range []string{challenge, "/admin"} {
		ingress := p.ingress(key.Name)
		before := ingress.DeepCopy()
		http := ingress.Spec.Rules[0].HTTP
		added := *http.Paths[0].DeepCopy()
		added.Path = path
		http.Paths = slices.Insert(http.Paths, 0, added)
		if err := p.Client.Patch(t.Context(), ingress, client.MergeFrom(before), client.FieldOwner("cert-manager")); err != nil {
			t.Fatal(err)
		}
	}
	waitPaths := func(annotation string) {
		t.Helper()
		p.Wait("the Ingress has the path of the challenge", func(context.Context) error {
			var paths []string
			ingress := p.ingress(key.Name)
			for _, path := range ingress.Spec.Rules[0].HTTP.Paths {
				paths = append(paths, path.Path)
			}
			if !slices.Equal(paths, []string{challenge, "/"}) || ingress.Annotations["a.example.com/a"] != annotation {
				return fmt.Errorf("it has the paths %v and annotations %v", paths, ingress.Annotations)
			}
			return nil
		})
	}
	waitPaths("")
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Routing.Annotations = map[string]string{"a.example.com/a": "1"} })
	waitPaths("1")
}

// The garbage collector deletes what belongs to an object whose foreground deletion begins. The route of a Tenant does not:
// the operator removes it at the Tenant's end.
func TestRouteOutlivesTheBeginOfADeletion(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.WaitReady()
	policies := map[string]metav1.DeletionPropagation{"foreground": metav1.DeletePropagationForeground, "orphan": metav1.DeletePropagationOrphan}
	for name := range policies {
		p.ReadyTenant(name)
	}
	stop()
	for name, policy := range policies {
		if err := p.Client.Delete(t.Context(), p.Tenant(name), client.PropagationPolicy(policy)); err != nil {
			t.Fatal(err)
		}
		if owners := p.ingress(routing.TenantIngressName(name)).OwnerReferences; len(owners) > 0 {
			t.Errorf("the Ingress of %s belongs to %v", name, owners)
		}
		// The garbage collector finds nothing that belongs to the Tenant.
		p.EditTenant(name, func(t *v1alpha1.Tenant) { t.Finalizers = []string{v1alpha1.Finalizer} })
	}
	p.StartOperator(nil)
	for name := range policies {
		p.WaitGone(name)
		p.WantNoIngress(name)
	}
}

// The Ingress of a Tenant that is gone without an end is kept for its row, and deleted once there is none.
func TestLeftoverIngressIsDeleted(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.WaitReady()
	p.ReadyTenant("alice")
	stop()
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	p.DeleteTenants("alice")
	p.ingress(routing.TenantIngressName("alice"))
	stop = p.StartOperator(nil)
	p.ReadyTenant("bob")
	p.ingress(routing.TenantIngressName("alice"))
	p.Exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
	p.PassMinute()
	p.waitNoIngress(routing.TenantIngressName("alice"))

	stop()
	p.EditTenant("bob", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	p.DeleteTenants("bob")
	p.Exec(`DELETE FROM public.tenants WHERE name = 'bob'`)
	p.StartOperator(nil)
	p.waitNoIngress(routing.TenantIngressName("bob"))
}

// A Platform that is being deleted serves its Tenants, and repairs what drifts, until the last one is gone.
func TestDeletedPlatformServesItsTenants(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Routing.Mode = v1alpha1.RouteWildcard })
	p.ReadyTenant("alice", operatortest.Deleting)
	if err := p.Client.Delete(t.Context(), p.ReadPlatform(), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		t.Fatal(err)
	}
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Finalizers = []string{v1alpha1.Finalizer} }) // as the garbage collector does
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTenantsRemain)
	p.WaitPlatform(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, "")

	wildcard := routing.PlatformIngressName("default")
	deleted := p.ingress(wildcard)
	if len(deleted.OwnerReferences) > 0 {
		t.Errorf("the Ingress of the Platform belongs to %v", deleted.OwnerReferences)
	}
	if err := p.Client.Delete(t.Context(), deleted); err != nil {
		t.Fatal(err)
	}
	p.Exec(`UPDATE public.tenants SET display_name = 'Mallory' WHERE name = 'alice'`)
	p.PassMinute()
	p.Wait("the Ingress and the row are repaired", func(ctx context.Context) error {
		err := p.Client.Get(ctx, p.Key(wildcard), &networkingv1.Ingress{})
		if err == nil && query[string](p, `SELECT display_name FROM public.tenants WHERE name = 'alice'`) != "alice" {
			err = errors.New("the row still differs")
		}
		return err
	})
	p.DeleteTenants("alice")
	p.waitNoIngress(wildcard)
}

// The former address of a Tenant redirects to its new one for the time that the Platform sets, with path and query.
func TestOldHostsRedirect(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	hosts := func() (hosts []string) {
		for _, rule := range p.ingress(routing.TenantIngressName("alice")).Spec.Rules {
			hosts = append(hosts, rule.Host)
		}
		return hosts
	}
	waitHosts := func(want ...string) {
		t.Helper()
		p.Wait(fmt.Sprintf("the Ingress has the hosts %v", want), func(context.Context) error {
			if got := hosts(); !slices.Equal(got, want) {
				return fmt.Errorf("it has %v", got)
			}
			return nil
		})
	}
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Domains = []v1alpha1.ParentDomain{"example.net"} })
	waitHosts("alice.example.net", "alice.example.com")
	p.WaitBlog("alice.example.com", http.StatusPermanentRedirect, "")
	moved := p.Blog.Get("alice.example.com", "/a-post/?page=2")
	if to := moved.Header.Get("Location"); to != "http://alice.example.net:8000/a-post/?page=2" {
		t.Errorf("the former address redirects to %s", to)
	}
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Alice" }) // keeps it
	p.WaitBlog("alice.example.net", http.StatusOK, operatortest.Title("Alice"))
	waitHosts("alice.example.net", "alice.example.com")

	p.Clock.SetTime(p.Clock.Now().AddDate(0, 0, 31))
	p.WaitBlog("alice.example.com", http.StatusNotFound, operatortest.NoBlog) // before the operator notices
	p.Nudge("alice")
	waitHosts("alice.example.net")
	for _, reason := range []string{v1alpha1.ReasonRegistryRepaired, v1alpha1.ReasonIngressRepaired} {
		if notes := p.Notes("alice", reason); len(notes) > 0 {
			t.Errorf("the end of a redirect is drift: %q", notes)
		}
	}
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Domains, p.Spec.Routing.RedirectOldHostsDays = []v1alpha1.ParentDomain{"example.org"}, new(int32(0))
	})
	waitHosts("alice.example.org")
	p.WaitBlog("alice.example.net", http.StatusNotFound, operatortest.NoBlog)
}

func (p *platform) ingress(name string) *networkingv1.Ingress {
	p.T.Helper()
	var ingress networkingv1.Ingress
	if err := p.Client.Get(p.T.Context(), p.Key(name), &ingress); err != nil {
		p.T.Fatal(err)
	}
	return &ingress
}

func (p *platform) waitNoIngress(name string) {
	p.T.Helper()
	p.Wait(name+" is gone", func(ctx context.Context) error {
		err := p.Client.Get(ctx, p.Key(name), &networkingv1.Ingress{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it still exists: %w", err)
	})
}
