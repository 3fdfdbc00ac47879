// Package commands has what the commands of the operator and of the kubectl plugin have in common: they connect to an
// installation, inspect it, and print what they find.
package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
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

// connectTimeout bounds the connection to a database, which may be out of reach.
const connectTimeout = 5 * time.Second

// Installation is what an administrator reaches of one namespace.
type Installation struct {
	// Client reads and writes the objects.
	Client client.Client
	// Namespace is the namespace.
	Namespace string
	// DatabaseURI overrides the address in the Platform's Secret. Empty: it does not.
	DatabaseURI string
	// Program names the program in the database's list of connections.
	Program string
	// Hint says what to do if the database is out of reach. Empty: nothing.
	Hint string
}

// Tenant reads a Tenant.
func (i *Installation) Tenant(ctx context.Context, name string) (*v1alpha1.Tenant, error) {
	var tenant v1alpha1.Tenant
	err := i.Client.Get(ctx, types.NamespacedName{Namespace: i.Namespace, Name: name}, &tenant)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Tenant %q in the namespace %q; \"kubectl get tenants\" lists all", name, i.Namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("read Tenant %s: %w", name, err)
	}
	return &tenant, nil
}

// Platform reads a Platform.
func (i *Installation) Platform(ctx context.Context, name string) (*v1alpha1.Platform, error) {
	var platform v1alpha1.Platform
	err := i.Client.Get(ctx, types.NamespacedName{Namespace: i.Namespace, Name: name}, &platform)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Platform %q in the namespace %q; \"kubectl get platforms\" lists all", name, i.Namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("read Platform %s: %w", name, err)
	}
	return &platform, nil
}

// UnreachableError says that the database of a Platform could not be connected to.
type UnreachableError struct {
	// Platform is the name of the Platform.
	Platform string
	// Hint says what to do. Empty: nothing.
	Hint string
	// Err is the cause.
	Err error
}

func (e *UnreachableError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("connect to the database of Platform %s: %s %s", e.Platform, postgres.LogText(e.Err), e.Hint))
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Database connects to the database of a Platform. The caller closes it.
func (i *Installation) Database(ctx context.Context, platform *v1alpha1.Platform) (*postgres.Pool, error) {
	how, err := i.connection(ctx, platform)
	if err != nil {
		return nil, &UnreachableError{platform.Name, i.Hint, err}
	}
	pool, err := postgres.NewPool(how.URI, postgres.PoolOptions{MaxConns: 2, ApplicationName: i.Program, CA: how.CA})
	if err != nil {
		return nil, &UnreachableError{platform.Name, i.Hint, err}
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, &UnreachableError{platform.Name, i.Hint, err}
	}
	return pool, nil
}

// connection returns how to connect to the database of a Platform, with the operator's role.
func (i *Installation) connection(ctx context.Context, platform *v1alpha1.Platform) (databasesecret.Connection, error) {
	if i.DatabaseURI != "" {
		return databasesecret.Connection{URI: i.DatabaseURI}, nil
	}
	how, err := databasesecret.Read(ctx, i.Client, platform)
	if err != nil {
		return how, fmt.Errorf("find the database of Platform %s: %w", platform.Name, err)
	}
	return how, nil
}

// Store connects to the database of a Platform to write there, as its operator does. The caller closes it.
func (i *Installation) Store(ctx context.Context, platform *v1alpha1.Platform) (*tenancy.Store, error) {
	how, err := i.connection(ctx, platform)
	if err != nil {
		return nil, err
	}
	options, err := i.storeOptions(ctx, platform)
	if err != nil {
		return nil, err
	}
	options.Pool.CA = how.CA
	return tenancy.Open(how.URI, options)
}

func (i *Installation) storeOptions(ctx context.Context, platform *v1alpha1.Platform) (tenancy.Options, error) {
	var namespace corev1.Namespace
	if err := i.Client.Get(ctx, client.ObjectKey{Name: i.Namespace}, &namespace); err != nil {
		return tenancy.Options{}, fmt.Errorf("read the UID of the namespace %s: %w", i.Namespace, err)
	}
	return tenancy.Options{
		Application: blog.Application, Public: []application.Set{migrations.Set}, RolePrefix: postgres.RolePrefix(platform.RolePrefix()),
		Pool:         postgres.PoolOptions{MaxConns: 1, ApplicationName: i.Program},
		NamespaceUID: string(namespace.UID), Citus: platform.Spec.Database.Engine == v1alpha1.Citus,
	}, nil
}

// Inspector connects to the database of the Platform called name, whose registry it inspects. It returns an error if the
// database serves another Platform, of which the Tenants are. The caller closes the database.
func (i *Installation) Inspector(ctx context.Context, name string) (platform *v1alpha1.Platform, inspector tenancy.Inspector, closeDatabase func(), err error) {
	if platform, err = i.Platform(ctx, name); err != nil {
		return nil, tenancy.Inspector{}, nil, err
	}
	inspector, db, err := i.inspect(ctx, platform)
	if err != nil {
		return nil, tenancy.Inspector{}, nil, RegistryError(err)
	}
	return platform, inspector, db.Close, nil
}

// inspect connects to the database of a Platform, and returns an error if it serves another one. The caller closes it.
func (i *Installation) inspect(ctx context.Context, platform *v1alpha1.Platform) (tenancy.Inspector, *postgres.Pool, error) {
	options, err := i.storeOptions(ctx, platform)
	if err != nil {
		return tenancy.Inspector{}, nil, err
	}
	db, err := i.Database(ctx, platform)
	if err != nil {
		return tenancy.Inspector{}, nil, err
	}
	inspector := tenancy.NewInspector(db, options)
	if err := inspector.CheckInstallation(ctx, platform.Namespace, platform.Name); err != nil {
		db.Close()
		return tenancy.Inspector{}, nil, err
	}
	return inspector, db, nil
}

// RegistryError explains an error of the registry to people.
func RegistryError(err error) error {
	var (
		inUse       *tenancy.InUseError
		unreachable *UnreachableError
	)
	if errors.As(err, &inUse) {
		return errors.New(diagnosis.DescribeInUse(inUse))
	}
	if errors.As(err, &unreachable) {
		return err
	}
	if postgres.Code(err) != "" {
		return fmt.Errorf("read the registry: %s", postgres.LogText(err))
	}
	return err
}
