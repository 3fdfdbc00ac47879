package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/jackc/pgx/v5/pgxpool"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

const (
	// patience bounds the wait for a condition.
	patience = 30 * time.Second
	// buildTimeout bounds the build of the API server where it is not in the cache.
	buildTimeout = 20 * time.Minute
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// environment is the API server that the tests share.
var environment *envtest.Environment

// apiServer starts the API server for the first test that needs it.
var apiServer = sync.OnceValues(func() (*rest.Config, error) {
	ctrl.SetLogger(logr.Discard())
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	programs, err := controlplane.Programs(ctx, "etcd", "kube-apiserver", "kubectl")
	if err != nil {
		return nil, err
	}
	environment = &envtest.Environment{
		BinaryAssetsDirectory: programs,
		CRDDirectoryPaths:     []string{filepath.Join("..", "..", "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	return environment.Start()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if environment != nil {
		if err := environment.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "Stopping the API server:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// site is a namespace with a Platform, and a client of its Tenants.
type site struct {
	*tenants.Client
	t         *testing.T
	namespace string
	// created receives the names of Tenants whose creation the watch reports.
	created chan string
	// admin is another client of the API server.
	admin client.Client
	// beforePatch is called once before the next PATCH of a Tenant.
	beforePatch atomic.Pointer[func()]
	// patches counts the PATCH requests of the client.
	patches atomic.Int32
}

func newSite(t *testing.T) *site {
	t.Helper()
	config, err := apiServer()
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t}
	if s.admin, err = client.New(config, client.Options{Scheme: scheme, FieldOwner: "kubectl"}); err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	s.create(namespace)
	s.namespace = namespace.Name
	s.create(&v1alpha1.Platform{
		ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.DefaultPlatform, Namespace: s.namespace},
		Spec: v1alpha1.PlatformSpec{
			Domains:   []v1alpha1.ParentDomain{"example.com"},
			PublicURL: "http://blogs.example.net",
			Database:  v1alpha1.DatabaseSpec{SecretRef: v1alpha1.SecretReference{Name: "echoblogs-database"}},
			Backend:   v1alpha1.ServiceReference{Name: "echoblogs-blog"},
		},
	})
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &interceptor{s, next} })
	if s.Client, err = tenants.New(config, s.namespace, v1alpha1.DefaultPlatform); err != nil {
		t.Fatal(err)
	}
	s.created = make(chan string, 100)
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
	s.waitFor("the Platform is known", func() error {
		_, err := s.Platform(t.Context())
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
		i.site.patches.Add(1)
		if hook := i.site.beforePatch.Swap(nil); hook != nil {
			(*hook)()
		}
	}
	return i.next.RoundTrip(r)
}

// beforeNextWrite has a function called between the client's reading of a Tenant and its writing.
func (s *site) beforeNextWrite(f func()) { s.beforePatch.Store(&f) }

func (s *site) waitFor(what string, check func() error) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("not true within %s: %s: %v", patience, what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *site) create(object client.Object) {
	s.t.Helper()
	if err := s.admin.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
}

// register creates a Tenant as a sign-up does: the portal's field manager owns its fields.
func (s *site) register(name string) *v1alpha1.Tenant {
	s.t.Helper()
	tenant, err := s.Create(s.t.Context(), tenants.NewTenant{
		Name: name, Owner: v1alpha1.TenantOwner{Username: name, Email: name + "@example.org"}, RegistrationID: "r-" + name,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return tenant
}

// read returns a Tenant as it is now.
func (s *site) read(name string) *v1alpha1.Tenant {
	s.t.Helper()
	tenant, err := s.GetLive(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return tenant
}

// apply applies a manifest of a Tenant, as a GitOps tool does.
func (s *site) apply(manager, name, spec string, options ...client.PatchOption) *v1alpha1.Tenant {
	s.t.Helper()
	content, err := yaml.YAMLToJSON([]byte("apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Tenant\nmetadata: {name: " + name + "}\nspec: " + spec))
	if err != nil {
		s.t.Fatal(err)
	}
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace}}
	options = append(options, client.FieldOwner(manager))
	if err := s.admin.Patch(s.t.Context(), tenant, client.RawPatch(types.ApplyPatchType, content), options...); err != nil {
		s.t.Error(err)
	}
	return tenant
}

// setPhase writes the status of a Tenant, as the operator does.
func (s *site) setPhase(name string, phase v1alpha1.TenantPhase) {
	s.t.Helper()
	tenant := s.read(name)
	tenant.Status.Phase = phase
	if err := s.admin.Status().Update(s.t.Context(), tenant); err != nil {
		s.t.Error(err)
	}
}

// newDatabase returns connections with the rights of the portal and of the operator to a database of its own.
func newDatabase(t *testing.T) (portal, operator *pgxpool.Pool) {
	t.Helper()
	database := postgrestest.New(t)
	connect := func(uri string) *pgxpool.Pool {
		pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pool
	}
	tenancytest.Open(t, database, tenancy.Options{})
	return connect(database.PortalURI), connect(database.OperatorURI)
}
