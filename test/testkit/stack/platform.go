package stack

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

const (
	// Domain is the parent of the hosts of Tenants that name none.
	Domain = "example.com"
	// OtherDomain is another one that the Platform lists.
	OtherDomain = "example.net"
	// Patience is how long Wait waits for what has to come true. It is long because machines are slow, and ends no
	// test that passes.
	Patience = 2 * time.Minute

	operatorAccount = "echoblogs-operator"
	portalAccount   = "echoblogs-portal"
	blogService     = "echoblogs-blog"
	portalService   = "echoblogs-portal"
	ingressClass    = "demo"
	replicas        = 2 // of the blog, and of the public site
)

// Platform is what one test has to itself: a namespace with the rights of an installation, a database, and the Platform
// "default" that names it. Operators and blogs are started by the test.
type Platform struct {
	// Namespace of the Platform and its Tenants.
	Namespace string
	// Database that the Platform names.
	Database *postgrestest.Database
	// Client acts as the cluster's administrator.
	Client client.WithWatch
	// Admin acts as the database server's administrator.
	Admin *pgxpool.Pool
	// Blogs are the addresses, HOST:PORT, at which StartBlog starts its replicas; the operator asks the first one.
	Blogs []string
	// Portals are the addresses at which StartPortal starts replicas of the public site.
	Portals []string
	// PortalEnvironment is what replicas and commands of the public site that are started afterwards find in their
	// environment, besides where the database is.
	PortalEnvironment []string

	t                            testing.TB
	installation                 *installation
	kubeconfig, portalKubeconfig string // the operator's, the public site's
	programs                     int    // that were started
}

// New makes all of it, without a program that runs.
func New(t testing.TB) *Platform {
	t.Helper()
	return newPlatform(t, v1alpha1.PlatformSpec{
		Domains: []v1alpha1.ParentDomain{Domain, OtherDomain}, PublicURL: "http://" + Domain,
	})
}

func newPlatform(t testing.TB, spec v1alpha1.PlatformSpec) *Platform {
	t.Helper()
	i, err := shared()
	if err != nil {
		t.Fatalf("Starting the control plane: %v", err)
	}
	p := &Platform{Client: i.client, Database: postgrestest.New(t), t: t, installation: i}
	if p.Admin, err = postgres.NewPool(p.Database.AdminURI, postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Admin.Close)
	ports, err := freeport.Find(t.Context(), 2*replicas)
	if err != nil {
		t.Fatal(err)
	}
	for i := range replicas {
		p.Blogs = append(p.Blogs, fmt.Sprintf("127.0.0.1:%d", ports[i]))
		p.Portals = append(p.Portals, fmt.Sprintf("127.0.0.1:%d", ports[replicas+i]))
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := p.Client.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	p.Namespace = namespace.Name
	p.grantRights()
	p.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "echoblogs-database"}, StringData: map[string]string{"uri": p.Database.OperatorURI},
	})
	spec.Database = v1alpha1.DatabaseSpec{SecretRef: v1alpha1.SecretReference{Name: "echoblogs-database"}}
	spec.Backend = v1alpha1.ServiceReference{Name: blogService}
	spec.Portal = &v1alpha1.ServiceReference{Name: portalService}
	spec.Routing = &v1alpha1.RoutingSpec{IngressClassName: ingressClass}
	p.create(&v1alpha1.Platform{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.DefaultPlatform}, Spec: spec})
	return p
}

// grantRights copies the rights of an installation into the namespace, and makes a kubeconfig for each account.
func (p *Platform) grantRights() {
	p.t.Helper()
	ctx := p.t.Context()
	var roles rbacv1.RoleList
	var bindings rbacv1.RoleBindingList
	for _, list := range []client.ObjectList{&roles, &bindings} {
		if err := p.Client.List(ctx, list, client.InNamespace(installedNamespace)); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, role := range roles.Items {
		p.create(&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: role.Name}, Rules: role.Rules})
	}
	for _, binding := range bindings.Items {
		for i := range binding.Subjects {
			binding.Subjects[i].Namespace = p.Namespace
		}
		p.create(&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: binding.Name}, RoleRef: binding.RoleRef, Subjects: binding.Subjects,
		})
	}
	p.kubeconfig, p.portalKubeconfig = p.account(operatorAccount), p.account(portalAccount)
}

// account makes a ServiceAccount and returns the path of its kubeconfig.
func (p *Platform) account(name string) string {
	p.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.create(account)
	token := &authenticationv1.TokenRequest{}
	if err := p.Client.SubResource("token").Create(p.t.Context(), account, token); err != nil {
		p.t.Fatalf("ask for a token of %s: %v", name, err)
	}
	kubeconfig := filepath.Join(p.t.TempDir(), name+".kubeconfig")
	if err := p.installation.controlPlane.WriteTokenKubeconfig(kubeconfig, token.Status.Token); err != nil {
		p.t.Fatal(err)
	}
	return kubeconfig
}

// Impersonate returns a client that acts as a user.
func (p *Platform) Impersonate(user string) client.Client {
	p.t.Helper()
	config := rest.CopyConfig(p.installation.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	c, err := client.New(config, client.Options{Scheme: p.Client.Scheme()})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *Platform) create(object client.Object) {
	p.t.Helper()
	object.SetNamespace(p.Namespace)
	if err := p.Client.Create(p.t.Context(), object); err != nil {
		p.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
}

// Exec runs SQL as the database server's administrator.
func (p *Platform) Exec(sql string, arguments ...any) {
	p.t.Helper()
	if _, err := p.Admin.Exec(p.t.Context(), sql, arguments...); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
}

// Wait looks until check returns nil, and fails the test with its last error.
func (p *Platform) Wait(what string, check func(context.Context) error) {
	p.t.Helper()
	if err := p.Await(p.t.Context(), what, check); err != nil {
		p.t.Fatal(err)
	}
}

// Await is Wait for goroutines, which may not end the test.
func (p *Platform) Await(ctx context.Context, what string, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, Patience, true, func(ctx context.Context) (bool, error) {
		found := check(ctx)
		if last == nil || ctx.Err() == nil { // what the end of the time has cut off tells nothing
			last = found
		}
		return found == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waited in vain until %s: %w", what, last)
	}
	return nil
}
