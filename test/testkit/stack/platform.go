package stack

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

const (
	// Domain is the parent of the hosts of Tenants that name none.
	Domain = platformtest.Domain
	// OtherDomain is another one that the Platform lists.
	OtherDomain = platformtest.OtherDomain

	operatorAccount = "echoblogs-operator"
	portalAccount   = "echoblogs-portal"
	replicas        = 2 // of the blog, and of the public site
)

// Platform belongs to one test, or is shared by several: a namespace with the Roles of an installation, a database, and the Platform "default"
// that names it. The test starts operators, blogs and public sites.
type Platform struct {
	*platformtest.Platform
	// Database that the Platform names.
	Database *postgrestest.Database
	// Admin acts as the database server's administrator.
	Admin *pgxpool.Pool
	// Blogs are the addresses, HOST:PORT, at which StartBlog starts its replicas. The operator probes the first one.
	Blogs []string
	// Portals are the addresses at which StartPortal starts replicas of the public site.
	Portals []string
	// PortalEnvironment is added to the environment of replicas and commands of the public site that are started
	// afterwards.
	PortalEnvironment []string
	// Programs are the paths of programs of another version, by name. They are started instead of those of this checkout.
	Programs map[string]string

	t                            testing.TB
	installation                 *installation
	kubeconfig, portalKubeconfig string        // the operator's, the public site's
	programs                     *atomic.Int32 // number of programs started so far
}

// New returns a Platform without a running program. The edits change the object before it is created.
func New(t testing.TB, edits ...func(*v1alpha1.Platform)) *Platform {
	t.Helper()
	return NewOn(t, postgrestest.New(t), edits...)
}

// NewOn is New with an empty database that the test has created.
func NewOn(t testing.TB, database *postgrestest.Database, edits ...func(*v1alpha1.Platform)) *Platform {
	t.Helper()
	i, err := shared()
	if err != nil {
		t.Fatalf("Start the control plane: %v", err)
	}
	p := &Platform{Platform: platformtest.New(t, i.client), Database: database, t: t, installation: i, programs: &atomic.Int32{}}
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
	p.grantRoles()
	p.CreateDatabaseSecret(p.Database.OperatorURI)
	p.CreatePlatform(edits...)
	return p
}

// In returns the same Platform for another test, or for a subtest, which shares its programs.
func (p *Platform) In(t testing.TB) *Platform {
	t.Helper()
	other := *p
	other.Platform, other.t = p.Platform.In(t), t
	return &other
}

// grantRoles copies the Roles of an installation into the namespace, and writes a kubeconfig for each account.
func (p *Platform) grantRoles() {
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
		p.CreateObject(&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: role.Name}, Rules: role.Rules})
	}
	for _, binding := range bindings.Items {
		for i := range binding.Subjects {
			binding.Subjects[i].Namespace = p.Namespace
		}
		p.CreateObject(&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: binding.Name}, RoleRef: binding.RoleRef, Subjects: binding.Subjects,
		})
	}
	p.kubeconfig, p.portalKubeconfig = p.account(operatorAccount), p.account(portalAccount)
}

// RecreateNamespace creates the namespace again, after it was deleted, with its Roles. Programs that are started afterwards act
// in it.
func (p *Platform) RecreateNamespace() {
	p.t.Helper()
	if err := p.Client.Create(p.t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Namespace}}); err != nil {
		p.t.Fatal(err)
	}
	p.grantRoles()
}

// account creates a ServiceAccount and returns the path of its kubeconfig.
func (p *Platform) account(name string) string {
	p.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.CreateObject(account)
	token := &authenticationv1.TokenRequest{}
	if err := p.Client.SubResource("token").Create(p.t.Context(), account, token); err != nil {
		p.t.Fatalf("create token of %s: %v", name, err)
	}
	kubeconfig := filepath.Join(p.t.TempDir(), name+".kubeconfig")
	if err := p.installation.writeTokenKubeconfig(kubeconfig, token.Status.Token); err != nil {
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

// Exec runs SQL as the database server's administrator.
func (p *Platform) Exec(sql string, arguments ...any) {
	p.t.Helper()
	if _, err := p.Admin.Exec(p.t.Context(), sql, arguments...); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
}

// Count returns the number that a query returns.
func (p *Platform) Count(sql string, arguments ...any) (n int) {
	p.t.Helper()
	if err := p.Admin.QueryRow(p.t.Context(), sql, arguments...).Scan(&n); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// Tombstone returns the ID of the newest tombstone of a name.
func (p *Platform) Tombstone(ctx context.Context, name string) (id int64, err error) {
	err = p.Admin.QueryRow(ctx, `SELECT id FROM public.tenants WHERE name = $1 AND tombstone_schema IS NOT NULL ORDER BY released_at DESC LIMIT 1`, name).Scan(&id)
	return id, err
}

// WaitCount waits until a query returns a number.
func (p *Platform) WaitCount(what string, want int, sql string, arguments ...any) {
	p.t.Helper()
	p.Wait(what, func(ctx context.Context) error {
		var n int
		if err := p.Admin.QueryRow(ctx, sql, arguments...).Scan(&n); err != nil {
			return err
		}
		if n != want {
			return fmt.Errorf("%s: %d, want %d", sql, n, want)
		}
		return nil
	})
}

// ProxyAPIServer puts a proxy between the API server and the operators that are started afterwards.
func (p *Platform) ProxyAPIServer() *faultproxy.Proxy {
	p.t.Helper()
	config, err := clientcmd.LoadFromFile(p.kubeconfig)
	if err != nil {
		p.t.Fatal(err)
	}
	var proxy *faultproxy.Proxy
	for _, cluster := range config.Clusters {
		proxy, cluster.Server = faultproxy.New(p.t, cluster.Server)
	}
	if err := clientcmd.WriteToFile(*config, p.kubeconfig); err != nil {
		p.t.Fatal(err)
	}
	return proxy
}
