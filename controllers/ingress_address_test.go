package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// slowIngress is an ingress controller that routes to the backend only once it is in effect.
type slowIngress struct {
	address string
	effect  atomic.Bool
}

func newSlowIngress(t *testing.T, backend string, encrypted bool) *slowIngress {
	t.Helper()
	s := &slowIngress{}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: backend})
		r.Out.Host = r.In.Host
	}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.effect.Load() {
			forward.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	if encrypted {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	s.address = server.Listener.Addr().String()
	return s
}

// newIngressAddress returns a Platform that says where its ingress controller answers.
func newIngressAddress(t *testing.T, mode v1alpha1.RoutingMode) (*operatortest.Platform, *slowIngress) {
	t.Helper()
	p := operatortest.NewNamespace(t)
	ingress := newSlowIngress(t, p.Backend, false)
	p.Start(func(p *v1alpha1.Platform) { p.Spec.Routing.Mode, p.Spec.Routing.IngressAddress = mode, ingress.address })
	return p, ingress
}

func TestRouteWaitsForTheIngressController(t *testing.T) {
	t.Parallel()
	p, ingress := newIngressAddress(t, v1alpha1.RoutePerTenant)
	p.CreateTenant("alice")
	p.WaitCondition("alice", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	p.WaitCondition("alice", v1alpha1.ConditionServing, metav1.ConditionTrue, "")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	ingress.effect.Store(true)
	p.WaitTenantsReady("alice")

	// A suspended Tenant is routed, too; a new host has to be reached.
	ingress.effect.Store(false)
	p.EditTenant("alice", func(t *v1alpha1.Tenant) {
		t.Spec.Suspended, t.Spec.CustomDomains = new(true), []v1alpha1.CustomDomain{"www.alice.org"}
	})
	p.WaitCondition("alice", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	ingress.effect.Store(true)
	p.WaitTenantsReady("alice")
}

// An ingress controller that does not answer keeps no Tenant from being created, changed or suspended, and is not asked for each.
func TestSilentIngressController(t *testing.T) {
	t.Parallel()
	p := operatortest.NewNamespace(t)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int64
	var accepting sync.WaitGroup
	t.Cleanup(func() {
		silent.Close()
		accepting.Wait()
	})
	accepting.Go(func() {
		for {
			connection, err := silent.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			t.Cleanup(func() { connection.Close() })
		}
	})
	p.Start(func(p *v1alpha1.Platform) { p.Spec.Routing.IngressAddress = silent.Addr().String() })
	began := time.Now()
	names := make([]string, 16)
	for i := range names {
		names[i] = fmt.Sprintf("blog-%d", i)
		p.CreateTenant(names[i])
	}
	for _, name := range names {
		p.WaitCondition(name, v1alpha1.ConditionServing, metav1.ConditionTrue, "")
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	}
	// Four requests at once find that it is silent; from then on it is one in 3 s.
	if asked, most := connections.Load(), 5+int64(time.Since(began)/(3*time.Second)); asked > most {
		t.Errorf("the ingress controller was asked %d times, want at most %d", asked, most)
	}
	p.EditTenant(names[0], func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	p.WaitBlog(names[0]+".example.com", http.StatusPaymentRequired, "")
}

// A Tenant whose route is pending is not written again while that does not change.
func TestPendingRouteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	p, _ := newIngressAddress(t, v1alpha1.RoutePerTenant)
	p.CreateTenant("alice")
	p.WaitCondition("alice", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	before := meta.FindStatusCondition(p.Tenant("alice").Status.Conditions, v1alpha1.ConditionRouteReady)
	p.Clock.SetTime(p.Clock.Now().Add(time.Minute))
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Alice" })
	p.Wait("alice is reconciled", func(context.Context) error {
		if tenant := p.Tenant("alice"); tenant.Status.ObservedGeneration != tenant.Generation {
			return errors.New("the new spec is not observed")
		}
		return nil
	})
	after := meta.FindStatusCondition(p.Tenant("alice").Status.Conditions, v1alpha1.ConditionRouteReady)
	if !after.LastTransitionTime.Equal(&before.LastTransitionTime) || after.Message != before.Message {
		t.Errorf("RouteReady was %+v and is %+v", before, after)
	}
	if after.ObservedGeneration != p.Tenant("alice").Generation {
		t.Errorf("RouteReady is that of the generation %d", after.ObservedGeneration)
	}
}

func TestRouteByTLS(t *testing.T) {
	t.Parallel()
	p := operatortest.NewNamespace(t)
	ingress := newSlowIngress(t, p.Backend, true)
	ingress.effect.Store(true)
	p.Start(func(p *v1alpha1.Platform) { p.Spec.Routing.IngressAddress = ingress.address })
	p.CreateTenant("alice")
	p.WaitCondition("alice", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending) // it speaks HTTPS only
	chain, key, err := certificate.ForHosts(p.Clock.Now().AddDate(0, -1, 0), p.Clock.Now().AddDate(1, 0, 0), "alice.example.com")
	if err != nil {
		t.Fatal(err)
	}
	p.CreateObject(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "tenant-alice-tls"}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: chain, corev1.TLSPrivateKeyKey: key},
	})
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.PublicURL, p.Spec.Routing.TLS = "https://example.com", &v1alpha1.TLSSpec{}
	})
	p.WaitTenantsReady("alice")
}

// With one Ingress for each Tenant, the wildcards stay until all of these are in effect. The ingress controller may have reached a
// Tenant by the wildcard, so some minutes have to pass besides.
func TestWildcardStaysUntilAllRoutesAreInEffect(t *testing.T) {
	t.Parallel()
	p, ingress := newIngressAddress(t, v1alpha1.RouteWildcard)
	p.CreateTenant("alice")
	p.CreateTenant("bob")
	p.WaitTenantsReady("alice", "bob")
	setPerTenant(p)
	for _, name := range []string{"alice", "bob"} {
		p.WaitCondition(name, v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	}
	if !hasWildcards(t, p) {
		t.Fatal("the wildcards are gone before the routes are in effect")
	}
	p.Clock.SetTime(p.Clock.Now().Add(10 * time.Minute))
	reconcilePlatform(p)
	if !hasWildcards(t, p) {
		t.Fatal("the wildcards are gone after some minutes, and the routes are not in effect")
	}
	ingress.effect.Store(true)
	p.WaitTenantsReady("alice", "bob")
	p.PassMinute()
	waitWithoutWildcards(p)
}

// An ingress controller that answers by the wildcard has not necessarily followed the Ingresses.
func TestWildcardStaysForMinutes(t *testing.T) {
	t.Parallel()
	p, ingress := newIngressAddress(t, v1alpha1.RouteWildcard)
	ingress.effect.Store(true)
	p.CreateTenant("alice")
	p.CreateTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.bob.org"} }) // which has an Ingress
	p.WaitTenantsReady("alice", "bob")
	setPerTenant(p)
	p.Wait("the Tenants have Ingresses with all of their hosts", func(ctx context.Context) error {
		for _, name := range []string{"alice", "bob"} {
			var live networkingv1.Ingress
			if err := p.Client.Get(ctx, p.Key(routing.TenantIngressName(name)), &live); err != nil {
				return err
			}
			if hosts := p.Tenant(name).Status.Hosts; !routing.HasHosts(&live, hosts) {
				return fmt.Errorf("%s has %v, want %v", live.Name, live.Spec.Rules, hosts)
			}
		}
		return nil
	})
	p.WaitTenantsReady("alice", "bob")
	reconcilePlatform(p)
	if !hasWildcards(t, p) {
		t.Fatal("the wildcards are gone at once")
	}
	p.Clock.SetTime(p.Clock.Now().Add(3 * time.Minute))
	p.PassMinute()
	waitWithoutWildcards(p)
	p.WaitTenantsReady("alice", "bob")
}

func TestWildcardStaysForAnHour(t *testing.T) {
	t.Parallel()
	p := operatortest.New(t, func(p *v1alpha1.Platform) { p.Spec.Routing.Mode = v1alpha1.RouteWildcard })
	p.CreateTenant("alice")
	p.WaitTenantsReady("alice")
	setPerTenant(p)
	p.Wait("alice has an Ingress", func(ctx context.Context) error {
		return p.Client.Get(ctx, p.Key(routing.TenantIngressName("alice")), &networkingv1.Ingress{})
	})
	p.Clock.SetTime(p.Clock.Now().Add(50 * time.Minute))
	reconcilePlatform(p)
	if !hasWildcards(t, p) {
		t.Fatal("the wildcards are gone after 50 minutes")
	}
	p.Clock.SetTime(p.Clock.Now().Add(10 * time.Minute))
	p.PassMinute()
	waitWithoutWildcards(p)
	p.WaitTenantsReady("alice")
}

func setPerTenant(p *operatortest.Platform) {
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Routing.Mode = v1alpha1.RoutePerTenant })
}

// reconcilePlatform returns when the Platform was reconciled at the present time.
func reconcilePlatform(p *operatortest.Platform) {
	p.T.Helper()
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Database.AdoptableSchemas = append(p.Spec.Database.AdoptableSchemas, "legacy")
	})
	p.WaitReady()
}

func hasWildcards(t *testing.T, p *operatortest.Platform) bool {
	t.Helper()
	var live networkingv1.Ingress
	if err := p.Client.Get(t.Context(), p.Key(routing.PlatformIngressName("default")), &live); err != nil {
		t.Fatal(err)
	}
	return routing.HasWildcards(&live)
}

func waitWithoutWildcards(p *operatortest.Platform) {
	p.T.Helper()
	p.Wait("the wildcards are gone", func(ctx context.Context) error {
		var live networkingv1.Ingress
		err := p.Client.Get(ctx, p.Key(routing.PlatformIngressName("default")), &live)
		if err == nil && routing.HasWildcards(&live) {
			err = errors.New("they are still there")
		}
		return err
	})
}
