package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// timeout limits the duration of one command.
const timeout = time.Minute

// clusterFlags select the cluster and the namespace, like those of kubectl.
type clusterFlags struct {
	kubeconfig, context, namespace, databaseURI string
	// portal is the program of a public site that does not run in a Deployment. Empty: it does.
	portal string
}

func (f *clusterFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig file; defaults to $KUBECONFIG or ~/.kube/config")
	flags.StringVar(&f.context, "context", "", "the context of the kubeconfig file; defaults to its current one")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "the namespace; defaults to the context's")
	flags.StringVar(&f.portal, "portal", os.Getenv("ECHOBLOGS_PORTAL"), "the program that runs the commands of the public site, with its settings, if the site does not run in the Deployment "+siteDeployment+"; defaults to $ECHOBLOGS_PORTAL")
	flags.StringVar(&f.databaseURI, "database-uri", "", "the address of the database as seen from this machine, such as a forwarded port; defaults to the one in the Platform's Secret")
}

// cluster reads the objects of one namespace.
type cluster struct {
	client    client.Client
	namespace string
	// databaseURI overrides the address in the Platform's Secret.
	databaseURI string
}

func (f *clusterFlags) connect() (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: f.context})
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	namespace := f.namespace
	if namespace == "" {
		if namespace, _, err = loader.Namespace(); err != nil {
			return nil, fmt.Errorf("read the namespace of the kubeconfig: %w", err)
		}
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(appsv1.AddToScheme(scheme), corev1.AddToScheme(scheme), networkingv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register the API types: %w", err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("create the client: %w", err)
	}
	return &cluster{client: c, namespace: namespace, databaseURI: f.databaseURI}, nil
}

// tenant reads a Tenant.
func (c *cluster) tenant(ctx context.Context, name string) (*v1alpha1.Tenant, error) {
	var tenant v1alpha1.Tenant
	err := c.client.Get(ctx, types.NamespacedName{Namespace: c.namespace, Name: name}, &tenant)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Tenant %q in the namespace %q; \"kubectl get tenants\" lists all", name, c.namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("read Tenant %s: %w", name, err)
	}
	return &tenant, nil
}

// platform reads a Platform.
func (c *cluster) platform(ctx context.Context, name string) (*v1alpha1.Platform, error) {
	var platform v1alpha1.Platform
	err := c.client.Get(ctx, types.NamespacedName{Namespace: c.namespace, Name: name}, &platform)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Platform %q in the namespace %q; \"kubectl get platforms\" lists all", name, c.namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("read Platform %s: %w", name, err)
	}
	return &platform, nil
}

// database is a connection to the database of a Platform.
type database interface {
	postgres.Beginner
	Close()
}

// database connects to the database of a Platform.
func (c *cluster) database(ctx context.Context, platform *v1alpha1.Platform) (database, error) {
	how, err := c.connection(ctx, platform)
	if err != nil {
		return nil, err
	}
	pool, err := postgres.NewPool(how.URI, postgres.PoolOptions{MaxConns: 2, ApplicationName: "kubectl-echoblogs", CA: how.CA})
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to the database of Platform %s: %s From outside the cluster, forward a port to it and set --database-uri", platform.Name, postgres.LogText(err))
	}
	return pool, nil
}

// connection returns how to connect to the database of a Platform, with the operator's role.
func (c *cluster) connection(ctx context.Context, platform *v1alpha1.Platform) (databasesecret.Connection, error) {
	if c.databaseURI != "" {
		return databasesecret.Connection{URI: c.databaseURI}, nil
	}
	how, err := databasesecret.Read(ctx, c.client, platform)
	if err != nil {
		return how, fmt.Errorf("find the database of Platform %s: %w", platform.Name, err)
	}
	return how, nil
}

// store connects to the database of a Platform to write there, as its operator does. The caller closes it.
func (c *cluster) store(ctx context.Context, platform *v1alpha1.Platform) (*tenancy.Store, error) {
	how, err := c.connection(ctx, platform)
	if err != nil {
		return nil, err
	}
	options, err := c.storeOptions(ctx, platform)
	if err != nil {
		return nil, err
	}
	options.Pool.CA = how.CA
	return tenancy.Open(how.URI, options)
}

func (c *cluster) storeOptions(ctx context.Context, platform *v1alpha1.Platform) (tenancy.Options, error) {
	var namespace corev1.Namespace
	if err := c.client.Get(ctx, client.ObjectKey{Name: c.namespace}, &namespace); err != nil {
		return tenancy.Options{}, fmt.Errorf("read the UID of the namespace %s: %w", c.namespace, err)
	}
	return tenancy.Options{
		Application: blog.Application, Public: []application.Set{migrations.Set}, RolePrefix: postgres.RolePrefix(platform.RolePrefix()),
		Pool:         postgres.PoolOptions{MaxConns: 1, ApplicationName: "kubectl-echoblogs"},
		NamespaceUID: string(namespace.UID), Citus: platform.Spec.Database.Engine == v1alpha1.Citus,
	}, nil
}

// inspector connects to the database of the Platform called name, whose registry it inspects. It returns an error if the
// database serves another Platform, of which the Tenants are. The caller closes the database.
func (c *cluster) inspector(ctx context.Context, name string) (platform *v1alpha1.Platform, inspector tenancy.Inspector, closeDatabase func(), err error) {
	if platform, err = c.platform(ctx, name); err != nil {
		return nil, tenancy.Inspector{}, nil, err
	}
	options, err := c.storeOptions(ctx, platform)
	if err != nil {
		return nil, tenancy.Inspector{}, nil, err
	}
	db, err := c.database(ctx, platform)
	if err != nil {
		return nil, tenancy.Inspector{}, nil, err
	}
	inspector = tenancy.NewInspector(db, options)
	if err := inspector.CheckInstallation(ctx, platform.Namespace, platform.Name); err != nil {
		db.Close()
		return nil, tenancy.Inspector{}, nil, registryError(err)
	}
	return platform, inspector, db.Close, nil
}

// registryError explains an error of the registry to people.
func registryError(err error) error {
	var inUse *tenancy.InUseError
	if errors.As(err, &inUse) {
		return errors.New(diagnosis.DescribeInUse(inUse))
	}
	if postgres.Code(err) != "" {
		return fmt.Errorf("read the registry: %s", postgres.LogText(err))
	}
	return err
}
