package controllers_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
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
	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// patience is how long a test waits for what has to come true: after a minute without the API server, client-go waits up
// to a minute more before it watches again.
const patience = 2 * time.Minute

// maxBackoff is how long the operator waits before it tries again; far less than in earnest.
const maxBackoff = 500 * time.Millisecond

// cluster is an API server, by its administrator.
type cluster struct {
	administrator *rest.Config
	admin         client.Client
}

// platform is a Platform of one test: a namespace, a database, an operator with its own rights, and a blog.
type platform struct {
	t         testing.TB
	namespace string
	db        *postgrestest.Database
	pool      *pgxpool.Pool // the operator's rights
	clock     *clocktesting.FakePassiveClock
	blog      *blogServer
	queries   *queryCounter
	writes    *writeCounter

	// What the options of newNamespace may change.

	cluster
	// reach turns an address of the database into the one at which operator and blog reach it.
	reach func(uri string) string
	// maxBackoff is the operator's.
	maxBackoff time.Duration
	// maxClockSkew lets tests move the operator's clock without the database's.
	maxClockSkew time.Duration

	// Of the operator that was started last.

	migrations []tenancy.Migration // nil: the blog's
	stores     *database.Stores
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
	object := p.platformObject()
	for _, edit := range edits {
		edit(object)
	}
	p.create(object)
	p.waitFor("the Platform is Ready", func() error { return p.platformReady("default") })
}

// newNamespace makes a namespace with a database and a blog, without a Platform and without an operator.
func newNamespace(t testing.TB, options ...func(*platform)) *platform {
	t.Helper()
	p := &platform{
		t: t, clock: clocktesting.NewFakePassiveClock(time.Now()), queries: &queryCounter{}, writes: &writeCounter{},
		cluster: cluster{administrator, admin}, reach: func(uri string) string { return uri }, maxBackoff: maxBackoff,
		maxClockSkew: 100 * 365 * 24 * time.Hour,
	}
	for _, option := range options {
		option(p)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := p.admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	p.namespace = namespace.Name
	if p.db == nil {
		p.db = postgrestest.New(t)
	}
	var err error
	if p.pool, err = postgres.NewPool(p.db.OperatorURI, postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	p.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "echoblogs-database"}, StringData: map[string]string{"uri": p.reach(p.db.OperatorURI)},
	})
	p.blog = startBlog(t, blog.Options{DatabaseURI: p.reach(p.db.BlogURI), ListenURI: p.db.BlogURI, Now: p.clock.Now})
	return p
}

// in returns the same platform for another test, or for a part of one.
func (p *platform) in(t testing.TB) *platform {
	t.Helper()
	other := *p
	other.t = t
	return &other
}

func (p *platform) platformObject() *v1alpha1.Platform {
	return &v1alpha1.Platform{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: p.namespace},
		Spec: v1alpha1.PlatformSpec{
			Domains:   []v1alpha1.ParentDomain{"example.com"},
			PublicURL: "http://example.com:8000",
			Database:  v1alpha1.DatabaseSpec{SecretRef: v1alpha1.SecretReference{Name: "echoblogs-database"}},
			Backend:   v1alpha1.ServiceReference{Name: "echoblogs-blog"},
			Routing:   &v1alpha1.RoutingSpec{IngressClassName: "test"},
		},
	}
}

// startOperator runs the controllers with the rights of config/rbac and nothing more. It returns what stops them.
func (p *platform) startOperator(wrap func(client.Client) client.Client) (stop func()) {
	p.t.Helper()
	mgr, err := ctrl.NewManager(p.operatorConfig(), ctrl.Options{
		Scheme:     scheme,
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{p.namespace: {}}, DefaultTransform: cache.TransformStripManagedFields()},
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
		Secrets: mgr.GetAPIReader(), MaxConns: 4, Tracer: p.queries, TenantMigrations: p.migrations, MaxClockSkew: p.maxClockSkew,
	}
	stores := p.stores
	if err := controllers.Setup(mgr, controllers.Options{
		Stores: stores, Client: api, BackendAddress: p.blog.address, Clock: p.clock, Workers: 4, MaxBackoff: p.maxBackoff,
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
	role.Namespace = p.namespace
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name, Namespace: p.namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "echoblogs-operator", Namespace: p.namespace}},
	}
	for _, object := range []client.Object{&role, binding} {
		if err := p.admin.Create(p.t.Context(), object); err != nil && !apierrors.IsAlreadyExists(err) {
			p.t.Fatal(err)
		}
	}
	restricted := rest.CopyConfig(p.administrator)
	restricted.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + p.namespace + ":echoblogs-operator"}
	return restricted
}

func (p *platform) create(object client.Object) {
	p.t.Helper()
	object.SetNamespace(p.namespace)
	if err := p.admin.Create(p.t.Context(), object); err != nil {
		p.t.Fatalf("create %s: %v", object.GetName(), err)
	}
}

// createTenant applies a Tenant without waiting for it.
func (p *platform) createTenant(name string, edits ...func(*v1alpha1.Tenant)) {
	p.t.Helper()
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, edit := range edits {
		edit(tenant)
	}
	p.create(tenant)
}

// readyTenant applies a Tenant and waits for it to be Ready.
func (p *platform) readyTenant(name string, edits ...func(*v1alpha1.Tenant)) *v1alpha1.Tenant {
	p.t.Helper()
	p.createTenant(name, edits...)
	return p.waitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

func (p *platform) edit(name string, change func(*v1alpha1.Tenant)) {
	p.t.Helper()
	tenant := p.tenant(name)
	before := tenant.DeepCopy()
	change(tenant)
	if err := p.admin.Patch(p.t.Context(), tenant, client.MergeFrom(before)); err != nil {
		p.t.Fatalf("edit %s: %v", name, err)
	}
}

// nudge has a Tenant looked at again, as a date that has come does.
func (p *platform) nudge(name string) {
	p.t.Helper()
	p.edit(name, func(t *v1alpha1.Tenant) {
		metav1.SetMetaDataAnnotation(&t.ObjectMeta, "test/nudge", p.clock.Now().String())
	})
}

func (p *platform) delete(name string) {
	p.t.Helper()
	if err := p.admin.Delete(p.t.Context(), p.tenant(name)); err != nil {
		p.t.Fatal(err)
	}
	p.waitGone(name)
}

func (p *platform) waitGone(name string) {
	p.t.Helper()
	p.waitFor(name+" is gone", func() error {
		err := p.admin.Get(p.t.Context(), p.key(name), &v1alpha1.Tenant{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there: %w", err)
	})
}

func (p *platform) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: p.namespace, Name: name}
}

func (p *platform) tenant(name string) *v1alpha1.Tenant {
	p.t.Helper()
	var tenant v1alpha1.Tenant
	if err := p.admin.Get(p.t.Context(), p.key(name), &tenant); err != nil {
		p.t.Fatal(err)
	}
	return &tenant
}

// waitCondition waits for a condition of the Tenant's present generation. An empty reason stands for any.
func (p *platform) waitCondition(name, kind string, status metav1.ConditionStatus, reason string) *v1alpha1.Tenant {
	p.t.Helper()
	var tenant *v1alpha1.Tenant
	p.waitFor(fmt.Sprintf("%s has %s=%s %s", name, kind, status, reason), func() error {
		tenant = p.tenant(name)
		return hasCondition(tenant.Status.Conditions, tenant.Generation, kind, status, reason)
	})
	return tenant
}

func hasCondition(conditions []metav1.Condition, generation int64, kind string, status metav1.ConditionStatus, reason string) error {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil || c.ObservedGeneration != generation || c.Status != status || reason != "" && c.Reason != reason {
		var all strings.Builder
		for _, c := range conditions {
			fmt.Fprintf(&all, "\n  %s=%s %s of generation %d: %s", c.Type, c.Status, c.Reason, c.ObservedGeneration, c.Message)
		}
		return fmt.Errorf("generation %d:%s", generation, all.String())
	}
	return nil
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

func (p *platform) platformReady(name string) error {
	var object v1alpha1.Platform
	if err := p.admin.Get(p.t.Context(), p.key(name), &object); err != nil {
		return err
	}
	return hasCondition(object.Status.Conditions, object.Generation, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// waitFor looks until check returns nil, and fails the test with its last error.
func (p *platform) waitFor(what string, check func() error) {
	p.t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(p.t.Context(), 20*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		last = check()
		return last == nil, nil
	})
	if err != nil {
		p.t.Fatalf("waited in vain until %s: %v", what, last)
	}
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
