package controllers_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers"
	"github.com/echoblogs/echoblogs/controllers/database"
	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// maxBackoff is how long the operator waits before it tries again; far less than in earnest.
const maxBackoff = 500 * time.Millisecond

// platform is a Platform of one test: a namespace, a database, an operator with its own rights, and a blog.
type platform struct {
	*platformtest.Platform
	t       testing.TB
	db      *postgrestest.Database
	pool    *pgxpool.Pool // the operator's rights
	clock   *clocktesting.FakePassiveClock
	blog    *blogServer
	queries *queryCounter
	writes  *writeCounter

	// What the options of newNamespace may change.

	api *apiserver.Server
	// reach turns an address of the database into the one at which operator and blog reach it.
	reach func(uri string) string
	// maxBackoff is the operator's.
	maxBackoff time.Duration
	// maxClockSkew lets tests move the operator's clock without the database's.
	maxClockSkew time.Duration
	// application and public are what the operator runs and prepares.
	application application.Application
	public      []application.Set
	// serve starts the application and returns its address. nil: the blog.
	serve func(*platform) (address string)

	// Of the application and the operator that were started last.

	backend string
	stores  *database.Stores
}

// newPlatform starts all of it and waits for the Platform "default" to be Ready. Edits change it before it is made.
func newPlatform(t *testing.T, edits ...func(*v1alpha1.Platform)) *platform {
	t.Helper()
	p := newNamespace(t)
	p.start(edits...)
	return p
}

// start starts the operator and makes the Platform.
func (p *platform) start(edits ...func(*v1alpha1.Platform)) {
	p.t.Helper()
	p.startOperator(nil)
	p.createPlatform(edits...)
	p.WaitReady()
}

// newNamespace makes a namespace with a database and the application, without a Platform and without an operator.
func newNamespace(t testing.TB, options ...func(*platform)) *platform {
	t.Helper()
	p := &platform{
		t: t, clock: clocktesting.NewFakePassiveClock(time.Now()), queries: &queryCounter{}, writes: &writeCounter{},
		api: apiserver.Shared(t), reach: func(uri string) string { return uri }, maxBackoff: maxBackoff,
		maxClockSkew: 100 * 365 * 24 * time.Hour, application: blogapp.Application, public: []application.Set{migrations.Set},
	}
	for _, option := range options {
		option(p)
	}
	p.Platform = platformtest.New(t, p.api.Client)
	if p.db == nil {
		p.db = postgrestest.New(t)
	}
	var err error
	if p.pool, err = postgres.NewPool(p.db.OperatorURI, postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	p.CreateDatabaseSecret(p.reach(p.db.OperatorURI))
	if p.serve != nil {
		p.backend = p.serve(p)
		return p
	}
	p.blog = &blogServer{blogtest.StartReplica(t, blog.Options{ReaderConns: 2, DatabaseURI: p.reach(p.db.BlogURI), ListenURI: p.db.BlogURI, Now: p.clock.Now})}
	p.backend = p.blog.Address
	return p
}

// in returns the same platform for another test, or for a part of one.
func (p *platform) in(t testing.TB) *platform {
	t.Helper()
	other := *p
	other.t, other.Platform = t, p.In(t)
	return &other
}

// createPlatform creates the Platform, with one domain at a port, and without the public site.
func (p *platform) createPlatform(edits ...func(*v1alpha1.Platform)) {
	p.t.Helper()
	p.CreatePlatform(append([]func(*v1alpha1.Platform){func(object *v1alpha1.Platform) {
		object.Spec.Domains, object.Spec.PublicURL, object.Spec.Portal = []v1alpha1.ParentDomain{"example.com"}, "http://example.com:8000", nil
	}}, edits...)...)
}

// startOperator runs the controllers with the rights of config/rbac and nothing more. It returns what stops them.
func (p *platform) startOperator(wrap func(client.Client) client.Client) (stop func()) {
	p.t.Helper()
	mgr, err := ctrl.NewManager(p.operatorConfig(), ctrl.Options{
		Scheme:     apiserver.Scheme(),
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{p.Namespace: {}}, DefaultTransform: cache.TransformStripManagedFields()},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: new(true)},
		NewClient: func(c *rest.Config, o client.Options) (client.Client, error) {
			return client.NewWithWatch(c, o) // what interceptors wrap
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	api := p.writes.count(mgr.GetClient())
	if wrap != nil {
		api = wrap(api)
	}
	p.stores = &database.Stores{
		Application: p.application, Public: p.public, Secrets: mgr.GetAPIReader(), MaxConns: 4, Tracer: p.queries, MaxClockSkew: p.maxClockSkew,
	}
	stores := p.stores
	if err := controllers.Setup(mgr, controllers.Options{
		Stores: stores, Client: api, BackendAddress: p.backend, Clock: p.clock, Workers: 4, MaxBackoff: p.maxBackoff,
	}); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Errorf("the operator ended with: %v", err)
		}
		done <- nil
		stores.Close()
	}
	p.t.Cleanup(stop)
	return stop
}

// operatorConfig acts as the operator's ServiceAccount, bound to the Role that an installation gives it.
func (p *platform) operatorConfig() *rest.Config {
	p.t.Helper()
	manifest, err := os.ReadFile("../config/rbac/role.yaml")
	if err != nil {
		p.t.Fatal(err)
	}
	var role rbacv1.Role
	if err := yaml.UnmarshalStrict(manifest, &role); err != nil {
		p.t.Fatal(err)
	}
	role.Namespace = p.Namespace
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name, Namespace: p.Namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "echoblogs-operator", Namespace: p.Namespace}},
	}
	for _, object := range []client.Object{&role, binding} {
		if err := p.Client.Create(p.t.Context(), object); err != nil && !apierrors.IsAlreadyExists(err) {
			p.t.Fatal(err)
		}
	}
	restricted := rest.CopyConfig(p.api.Config)
	restricted.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + p.Namespace + ":echoblogs-operator"}
	return restricted
}

// nudge has a Tenant looked at again, as a date that has come does.
func (p *platform) nudge(name string) {
	p.t.Helper()
	p.EditTenant(name, func(t *v1alpha1.Tenant) {
		metav1.SetMetaDataAnnotation(&t.ObjectMeta, "test/nudge", p.clock.Now().String())
	})
}

// wantText returns an error where no condition's message contains a text.
func wantText(conditions []metav1.Condition, text string) error {
	for _, c := range conditions {
		if strings.Contains(c.Message, text) {
			return nil
		}
	}
	return fmt.Errorf("no condition says %q: %v", text, conditions)
}

// query returns one value that the operator's role reads.
func query[T any](p *platform, sql string, args ...any) T {
	p.t.Helper()
	var value T
	if err := p.pool.QueryRow(p.t.Context(), sql, args...).Scan(&value); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (p *platform) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.pool.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
}
