package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/remediation"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

func wantCount(got, want int) error {
	if got != want {
		return fmt.Errorf("there are %d, want %d", got, want)
	}
	return nil
}

func TestPlatformCountsItsTenants(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.ReadyTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	p.CreateTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "alice" })
	p.Wait("the Platform counts its Tenants", func(context.Context) error {
		counts := p.ReadPlatform().Status.Tenants
		if counts == nil || *counts != (v1alpha1.TenantCounts{Total: 3, Active: 1, Suspended: 1, Failed: 1}) {
			return fmt.Errorf("it counts %+v", counts)
		}
		return nil
	})
	status := p.ReadPlatform().Status
	if len(status.Versions) != 1 || status.Versions[0] != (v1alpha1.VersionCount{Version: blogapp.Application.Latest(), Tenants: 2}) || status.SchemaVersion != blogapp.Application.Latest() {
		t.Errorf("versions %v of %s", status.Versions, status.SchemaVersion)
	}
}

func TestDomainChangeReachesAllTenants(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.ReadyTenant("bob")
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Domains = []v1alpha1.ParentDomain{"example.net"}
		p.Spec.PublicURL = "https://example.net"
		p.Spec.Routing.IngressClassName = "other"
	})
	for _, name := range []string{"alice", "bob"} {
		p.Wait(name+" has moved", func(context.Context) error {
			if tenant := p.Tenant(name); tenant.Status.URL != "https://"+name+".example.net" {
				return fmt.Errorf("it is at %s", tenant.Status.URL)
			}
			return nil
		})
		p.WaitBlog(name+".example.net", http.StatusOK, "")
		p.WaitBlog(name+".example.com", http.StatusPermanentRedirect, "")
		var ingress networkingv1.Ingress
		if err := p.Client.Get(t.Context(), p.Key(routing.TenantIngressName(name)), &ingress); err != nil {
			t.Fatal(err)
		}
		if *ingress.Spec.IngressClassName != "other" || ingress.Spec.Rules[0].Host != name+".example.net" {
			t.Errorf("Ingress of class %s for %s", *ingress.Spec.IngressClassName, ingress.Spec.Rules[0].Host)
		}
		// These changes are not drift, so no repair is reported.
		for _, reason := range []string{v1alpha1.ReasonRegistryRepaired, v1alpha1.ReasonIngressRepaired} {
			if notes := p.Notes(name, reason); len(notes) > 0 {
				t.Errorf("%s: %s %q", name, reason, notes)
			}
		}
	}
}

func TestDomainHasToBeListed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.CreateTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Domain = "example.org" })
	stalled := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDomainNotListed)
	if message := stalled.Status.Conditions[0].Message; !contains(message, `does not list the domain "example.org"; it lists "example.com".`) {
		t.Errorf("message: %s", message)
	}
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Domains = append(p.Spec.Domains, "example.org") })
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WantBlog("alice.example.org", http.StatusOK, operatortest.Title("alice"))
}

// An annotation that the Platform no longer lists leaves the Ingresses, also those that nothing has changed since their
// creation; annotations of others stay.
func TestRemovedAnnotation(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	annotate := func(annotations map[string]string, want string) {
		t.Helper()
		p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Routing.Annotations = annotations })
		p.Wait("the annotations of the Ingress are "+want, func(ctx context.Context) error {
			var ingress networkingv1.Ingress
			if err := p.Client.Get(ctx, p.Key(routing.TenantIngressName("alice")), &ingress); err != nil {
				return err
			}
			if got := fmt.Sprint(ingress.Annotations); got != want {
				return fmt.Errorf("they are %s", got)
			}
			return nil
		})
	}
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Routing.Annotations = map[string]string{"a.example.com/a": "1", "a.example.com/b": "1"}
	})
	p.ReadyTenant("alice")
	var ingress networkingv1.Ingress
	if err := p.Client.Get(t.Context(), p.Key(routing.TenantIngressName("alice")), &ingress); err != nil {
		t.Fatal(err)
	}
	before := ingress.DeepCopy()
	ingress.Annotations["b.example.com/controller"] = "nginx"
	if err := p.Client.Patch(t.Context(), &ingress, client.MergeFrom(before), client.FieldOwner("nginx")); err != nil {
		t.Fatal(err)
	}
	annotate(map[string]string{"a.example.com/b": "2"}, "map[a.example.com/b:2 b.example.com/controller:nginx]")
	annotate(nil, "map[b.example.com/controller:nginx]")
}

// A class that the Platform no longer names leaves the Ingresses, and the cluster's default applies to new ones.
func TestRemovedClass(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Routing.IngressClassName = "" })
	for _, name := range []string{routing.TenantIngressName("alice"), routing.PlatformIngressName("default")} {
		p.Wait(name+" has no class", func(ctx context.Context) error {
			var ingress networkingv1.Ingress
			if err := p.Client.Get(ctx, p.Key(name), &ingress); err != nil {
				return err
			}
			if ingress.Spec.IngressClassName != nil {
				return fmt.Errorf("it is %s", *ingress.Spec.IngressClassName)
			}
			return nil
		})
	}
}

func TestTenantWaitsForCertificates(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Routing.TLS = &v1alpha1.TLSSpec{}
		p.Spec.Routing.Annotations = map[string]string{"cert-manager.io/cluster-issuer": "test"}
	})
	p.CreateTenant("alice")
	pending := p.WaitCondition("alice", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonCertificatePending)
	if pending.Status.Phase == v1alpha1.TenantFailed {
		t.Errorf("phase %s", pending.Status.Phase)
	}
	var ingress networkingv1.Ingress
	if err := p.Client.Get(t.Context(), p.Key(routing.TenantIngressName("alice")), &ingress); err != nil {
		t.Fatal(err)
	}
	if ingress.Annotations["cert-manager.io/cluster-issuer"] != "test" || len(ingress.Spec.TLS) != 1 {
		t.Fatalf("Ingress with annotations %v and TLS %v", ingress.Annotations, ingress.Spec.TLS)
	}
	// An invalid certificate is not enough.
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: ingress.Spec.TLS[0].SecretName}, Type: corev1.SecretTypeTLS,
		StringData: map[string]string{"tls.crt": "certificate", "tls.key": "key"},
	}
	p.CreateObject(secret)
	invalid := func(sentence string) {
		t.Helper()
		p.Nudge("alice")
		p.Wait("RouteReady says: "+sentence, func(context.Context) error {
			route := meta.FindStatusCondition(p.Tenant("alice").Status.Conditions, v1alpha1.ConditionRouteReady)
			if want := sentence + " " + remediation.For(v1alpha1.ReasonCertificateInvalid); route.Status != metav1.ConditionFalse || route.Reason != v1alpha1.ReasonCertificateInvalid || route.Message != want {
				return fmt.Errorf("it is %+v", route)
			}
			return nil
		})
		p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCertificateInvalid)
	}
	invalid(`The Secret "tenant-alice-tls" contains no certificate in PEM format.`)
	now := p.Clock.Now().UTC().Truncate(time.Second)
	replace := func(from, until time.Time, hosts ...string) {
		t.Helper()
		crt, key, err := certificate.ForHosts(from, until, hosts...)
		if err != nil {
			t.Fatal(err)
		}
		secret.Data = map[string][]byte{corev1.TLSCertKey: crt, corev1.TLSPrivateKeyKey: key}
		if err := p.Client.Update(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	day := 24 * time.Hour
	replace(now, now.Add(day), "www.alice.org", "example.com", "*.bob.example.com", "alice.example.org")
	invalid(`The certificate in the Secret "tenant-alice-tls" does not cover "alice.example.com": it is for "www.alice.org", "example.com", "*.bob.example.com" and 1 more.`)
	replace(now, now.Add(day))
	invalid(`The certificate in the Secret "tenant-alice-tls" does not cover "alice.example.com": it has no host names.`)
	replace(now.Add(-2*day), now.Add(-day), "alice.example.com")
	invalid(`The certificate of "alice.example.com" in the Secret "tenant-alice-tls" expired at ` + now.Add(-day).Format(time.RFC3339) + ".")
	replace(now.Add(day), now.Add(2*day), "alice.example.com")
	invalid(`The certificate of "alice.example.com" in the Secret "tenant-alice-tls" is not valid before ` + now.Add(day).Format(time.RFC3339) + ".")

	// A wildcard covers the host, until it expires.
	replace(now, now.Add(day), "*.example.com")
	p.Nudge("alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.Clock.SetTime(now.Add(day + time.Second))
	invalid(`The certificate of "alice.example.com" in the Secret "tenant-alice-tls" expired at ` + now.Add(day).Format(time.RFC3339) + ".")
}

func TestWildcardIngress(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Routing.Mode = v1alpha1.RouteWildcard })
	p.ReadyTenant("alice")
	p.ReadyTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.bob.org"} })
	p.WantNoIngress("alice")
	hosts := func(name string) (hosts []string) {
		var ingress networkingv1.Ingress
		if err := p.Client.Get(t.Context(), p.Key(name), &ingress); err != nil {
			t.Fatal(err)
		}
		for _, rule := range ingress.Spec.Rules {
			hosts = append(hosts, rule.Host)
		}
		return hosts
	}
	if got := strings.Join(hosts(routing.TenantIngressName("bob")), " "); got != "www.bob.org" {
		t.Errorf("hosts of bob's Ingress: %s", got)
	}
	if got := strings.Join(hosts(routing.PlatformIngressName("default")), "|"); got != "example.com|*.example.com|" {
		t.Errorf("hosts of the Platform's Ingress: %s", got)
	}
}

func TestOneDatabaseServesOnePlatform(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.CreateDefault(func(object *v1alpha1.Platform) { object.Name = "second" })
	p.Wait("the second Platform is refused", func(context.Context) error {
		var object v1alpha1.Platform
		if err := p.Client.Get(t.Context(), p.Key("second"), &object); err != nil {
			return err
		}
		return platformtest.HasCondition(object.Status.Conditions, object.Generation, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)
	})
	p.CreateTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.PlatformRef.Name = "second" })
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPlatformNotReady)
}

func TestDatabaseSecret(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Database.SecretRef.Name = "echoblogs-database" })
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.SecretRef.Name = "absent" })
	p.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseSecretInvalid)
	// The keys of a Secret by CloudNativePG.
	config := p.Pool.Config().ConnConfig
	p.CreateObject(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "absent"}, StringData: map[string]string{
		"host": config.Host, "port": fmt.Sprint(config.Port), "dbname": config.Database, "user": config.User, "password": config.Password,
	}})
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.ReadyTenant("alice")
}

func TestTenantsCannotTakePublicHosts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) {
		p.Spec.PublicHosts = []v1alpha1.ParentDomain{"example.com", "welcome.example.com"}
	})
	p.CreateTenant("welcome")
	p.WaitCondition("welcome", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonHostTaken)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.PublicHosts = []v1alpha1.ParentDomain{"example.com"} })
	p.WaitCondition("welcome", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

func TestPlatformWaitsForItsTenants(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	if err := p.Client.Delete(t.Context(), p.ReadPlatform()); err != nil {
		t.Fatal(err)
	}
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTenantsRemain)
	p.DeleteTenants("alice")
	p.Wait("the Platform is gone", func(context.Context) error {
		err := p.Client.Get(t.Context(), p.Key("default"), &v1alpha1.Platform{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it still exists: %w", err)
	})
	if n := query[int](p, `SELECT count(*) FROM public.installation`); n != 0 {
		t.Error("the database still serves the Platform")
	}
}

// The blog reads what its pages need of the Platform from the registry.
func TestRegistryHasThePlatformSettings(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Contact = "mailto:help@example.com" })
	says := func(want string) {
		t.Helper()
		p.Wait("the registry has "+want, func(context.Context) error {
			got := query[string](p, `SELECT concat_ws(' ', public_url, domain, sign_up, code_required, contact) FROM public.installation`)
			if got != want {
				return fmt.Errorf("it has %s", got)
			}
			return nil
		})
	}
	// Without a public site, registration is closed.
	says("http://example.com:8000 example.com f f mailto:help@example.com")
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Portal = &v1alpha1.ServiceReference{Name: "echoblogs-portal"} })
	says("http://example.com:8000 example.com t f mailto:help@example.com")
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.PublicURL, p.Spec.Domains = "https://example.net/", []v1alpha1.ParentDomain{"blogs.example.net", "example.com"}
		p.Spec.Registration, p.Spec.Contact = v1alpha1.RegistrationInvite, "https://example.net/help"
	})
	says("https://example.net blogs.example.net t t https://example.net/help")
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Contact = "" })
	says("https://example.net blogs.example.net t t ")
}

// After the hold, a name passes to a Tenant that waits for it.
func TestWaitingTenantsGetReleasedNames(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	gone := func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete }
	p.ReadyTenant("alice", gone, func(t *v1alpha1.Tenant) {
		t.Spec.SchemaName = "shared"
		t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.shared.org"}
	})
	p.CreateTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "shared" })
	p.CreateTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.shared.org"} })
	p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaTaken)
	p.WaitCondition("carol", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCustomDomainTaken)
	p.WantBlog("carol.example.com", http.StatusOK, operatortest.Title("carol"))
	p.DeleteTenants("alice")
	p.WaitCondition("bob", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNameHeld)
	p.Clock.SetTime(p.Clock.Now().Add(tenancy.Hold))
	p.Nudge("bob")
	p.Nudge("carol")
	p.WaitCondition("bob", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitCondition("carol", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WantBlog("www.shared.org", http.StatusOK, operatortest.Title("carol"))
	if notes := p.Notes("carol", v1alpha1.ReasonRegistryRepaired); len(notes) > 0 {
		t.Errorf("a released domain counts as drift: %q", notes)
	}
}
