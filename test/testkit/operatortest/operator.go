package operatortest

import (
	"context"
	"os"
	"path/filepath"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/controllers"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// StartOperator starts the controllers with the privileges of an installation. wrap may replace their client. The returned
// function stops them; the end of the test does, too.
func (p *Platform) StartOperator(wrap func(client.Client) client.Client) (stop func()) {
	p.T.Helper()
	mgr, err := ctrl.NewManager(p.operatorConfig(), ctrl.Options{
		Scheme:     apiserver.Scheme(),
		Cache:      controllers.CacheOptions(p.Namespace),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: new(true)},
		NewClient: func(c *rest.Config, o client.Options) (client.Client, error) {
			return client.NewWithWatch(c, o) // interceptors need a client with Watch
		},
	})
	if err != nil {
		p.T.Fatal(err)
	}
	api := p.Writes.wrap(mgr.GetClient())
	if wrap != nil {
		api = wrap(api)
	}
	stores := p.Stores
	if stores == nil || !p.KeepStores {
		stores = &connections.Stores{
			Application: p.Application, Public: p.Public, Live: mgr.GetAPIReader(), MaxConns: 4, Tracer: p.Queries, MaxClockSkew: p.MaxClockSkew,
		}
		p.Stores = stores
		p.T.Cleanup(stores.Close)
	}
	if err := controllers.Setup(mgr, controllers.Options{
		Stores: stores, Client: api, BackendAddress: p.Backend, BackendInterval: p.BackendInterval, Clock: p.Clock, Workers: 4, MaxBackoff: p.MaxBackoff,
		Resolver: domainproof.NewResolver(p.DNS.Address),
	}); err != nil {
		p.T.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			p.T.Errorf("the operator ended with: %v", err)
		}
		done <- nil
		if !p.KeepStores {
			stores.Close()
		}
	}
	p.T.Cleanup(stop)
	return stop
}

// operatorConfig returns a config that acts as the operator's ServiceAccount, with the Role of an installation.
func (p *Platform) operatorConfig() *rest.Config {
	p.T.Helper()
	root, err := repository.Root()
	if err != nil {
		p.T.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(root, "charts", "echoblogs", "files", "role.yaml"))
	if err != nil {
		p.T.Fatal(err)
	}
	var role rbacv1.Role
	if err := yaml.UnmarshalStrict(manifest, &role); err != nil {
		p.T.Fatal(err)
	}
	role.Namespace = p.Namespace
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name, Namespace: p.Namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "echoblogs-operator", Namespace: p.Namespace}},
	}
	for _, object := range []client.Object{&role, binding} {
		if err := p.Client.Create(p.T.Context(), object); err != nil && !apierrors.IsAlreadyExists(err) {
			p.T.Fatal(err)
		}
	}
	restricted := rest.CopyConfig(p.API.Config)
	restricted.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + p.Namespace + ":echoblogs-operator"}
	return restricted
}
