package tenants_test

import (
	"context"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }

// site is a Platform without an operator, and a client of its Tenants.
type site struct {
	*tenants.Client
	*platformtest.Platform
	t *testing.T
	// created receives the names of Tenants whose creation the watch reports.
	created chan string
	// beforeWrite is called once, before the client's next PATCH or DELETE request.
	beforeWrite atomic.Pointer[func()]
	// writes counts the client's PATCH and DELETE requests.
	writes atomic.Int32
}

func newSite(t *testing.T) *site {
	t.Helper()
	server := apiserver.Shared(t)
	s := &site{t: t, created: make(chan string, 100), Platform: platformtest.New(t, server.Client)}
	s.CreatePlatform(func(p *v1alpha1.Platform) {
		p.Spec.Domains, p.Spec.PublicURL = []v1alpha1.ParentDomain{"example.com"}, "http://blogs.example.net"
	})
	config := rest.CopyConfig(server.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &interceptor{s, next} })
	var err error
	if s.Client, err = tenants.New(config, s.Platform.Namespace, v1alpha1.DefaultPlatform); err != nil {
		t.Fatal(err)
	}
	s.OnChange(func(before, after *v1alpha1.Tenant) {
		if before == nil {
			s.created <- after.Name
		}
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(running.Wait)
	t.Cleanup(stop)
	s.Wait("the Platform is known", func(ctx context.Context) error {
		_, err := s.Client.Platform(ctx)
		return err
	})
	return s
}

// interceptor is the client's connection to the API server.
type interceptor struct {
	site *site
	next http.RoundTripper
}

func (i *interceptor) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch || r.Method == http.MethodDelete {
		i.site.writes.Add(1)
		if hook := i.site.beforeWrite.Swap(nil); hook != nil {
			(*hook)()
		}
	}
	return i.next.RoundTrip(r)
}

// beforeNextWrite has a function called after the client has read a Tenant and before it writes it.
func (s *site) beforeNextWrite(f func()) { s.beforeWrite.Store(&f) }

// register creates a Tenant as a sign-up does: the portal's field manager owns its fields.
func (s *site) register(name string) *v1alpha1.Tenant {
	s.t.Helper()
	tenant, err := s.Client.Create(s.t.Context(), tenants.NewTenant{
		Name: name, Owner: v1alpha1.TenantOwner{Username: name, Email: name + "@example.org"}, RegistrationID: "r-" + name,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return tenant
}

// apply applies a manifest of a Tenant.
func (s *site) apply(manager, name, spec string, options ...client.PatchOption) *v1alpha1.Tenant {
	s.t.Helper()
	return s.ApplyTenant(manager, "apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Tenant\nmetadata: {name: "+name+"}\nspec: "+spec, options...)
}

// setPhase writes the status of a Tenant, as the operator does.
func (s *site) setPhase(name string, phase v1alpha1.TenantPhase) {
	s.t.Helper()
	tenant := s.Tenant(name)
	tenant.Status.Phase = phase
	if err := s.Platform.Client.Status().Update(s.t.Context(), tenant); err != nil {
		s.t.Error(err)
	}
}
