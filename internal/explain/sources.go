package explain

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// readTimeout bounds one read.
	readTimeout = 5 * time.Second
	// maxAudit bounds the entries of the audit log.
	maxAudit = 5
)

// Registry reads the registry: a tenancy.Inspector or, with a role that may not know what the application needs in a schema, a
// tenancy.Reader.
type Registry interface {
	// Find is tenancy.Reader.Find.
	Find(ctx context.Context, name string) (tenancy.Tenant, error)
	// ListTombstonesNamed is tenancy.Reader.ListTombstonesNamed.
	ListTombstonesNamed(ctx context.Context, name string) ([]tenancy.Tombstone, error)
}

// AuditLog reads the audit log.
type AuditLog interface {
	// ByTenant is audit.Log.ByTenant.
	ByTenant(ctx context.Context, tenant string, limit int) ([]audit.Entry, error)
}

// Database is what a Platform's database knows.
type Database struct {
	Registry Registry
	Audit    AuditLog
}

// Sources are where an explanation reads. All are required, except Routes.
type Sources struct {
	// Namespace is the namespace of the Tenant, and Platform the name of the Platform that a name without a Tenant is looked up in.
	Namespace, Platform string
	// Objects reads Tenants, Platforms and the namespace, past any cache.
	Objects client.Reader
	// Routes reads Ingresses, and the metadata of Secrets. nil: the caller may not, so that only conditions tell about them.
	Routes client.Reader
	// Database returns the database of a Platform.
	Database func(ctx context.Context, p *v1alpha1.Platform) (Database, error)
	// Now is the time. Defaults to time.Now.
	Now func() time.Time
}

// facts are what was read about a name. A pointer is nil if there is no such object.
type facts struct {
	name, namespace string
	now             time.Time
	tenant          *v1alpha1.Tenant

	served       *corev1.Namespace
	namespaceErr error

	platformName string
	platform     *v1alpha1.Platform
	platformErr  error

	row         *tenancy.Tenant
	tombstones  []tenancy.Tombstone
	registryErr error

	audit    []audit.Entry
	auditErr error

	route routeFacts
}

// routeFacts are what was read about the route of a Tenant.
type routeFacts struct {
	// read reports whether the caller may read it, and it is known which one there should be.
	read bool
	// want is the desired Ingress, which is the Platform's if there is none of the Tenant, and live the one that exists.
	want, live *networkingv1.Ingress
	// missing are the Secrets of want that do not exist.
	missing []string
	err     error
}

// gather reads all that is known of a name.
func (s Sources) gather(ctx context.Context, name string) (facts, error) {
	f := facts{name: name, namespace: s.Namespace, platformName: s.Platform, now: time.Now()}
	if s.Now != nil {
		f.now = s.Now()
	}
	var err error
	if f.tenant, err = get[v1alpha1.Tenant](ctx, s.Objects, s.Namespace, name); err != nil {
		return facts{}, fmt.Errorf("read Tenant %s: %w", name, err)
	}
	if f.tenant != nil {
		f.platformName = f.tenant.PlatformName()
	}
	f.served, f.namespaceErr = get[corev1.Namespace](ctx, s.Objects, "", s.Namespace)
	f.platform, f.platformErr = get[v1alpha1.Platform](ctx, s.Objects, s.Namespace, f.platformName)
	if f.platform != nil {
		s.readDatabase(ctx, &f)
		s.readRoute(ctx, &f)
	}
	return f, nil
}

// readDatabase reads what the registry and the audit log have about a name.
func (s Sources) readDatabase(ctx context.Context, f *facts) {
	ctx, cancel := context.WithTimeout(ctx, 2*readTimeout) // with a connection
	defer cancel()
	database, err := s.Database(ctx, f.platform)
	if err != nil {
		f.registryErr, f.auditErr = err, err
		return
	}
	row, err := database.Registry.Find(ctx, f.name)
	switch {
	case err == nil:
		f.row = &row
	case !errors.Is(err, tenancy.ErrNotFound):
		f.registryErr = err
	}
	if f.registryErr == nil {
		f.tombstones, f.registryErr = database.Registry.ListTombstonesNamed(ctx, f.name)
	}
	f.audit, f.auditErr = database.Audit.ByTenant(ctx, f.name, maxAudit)
}

// readRoute reads the Ingress of a Tenant, or the Platform's if its wildcard suffices.
func (s Sources) readRoute(ctx context.Context, f *facts) {
	if s.Routes == nil || f.tenant == nil {
		return
	}
	want := f.wantedIngress()
	if want == nil {
		return
	}
	f.route.read, f.route.want = true, want
	if f.route.live, f.route.err = get[networkingv1.Ingress](ctx, s.Routes, s.Namespace, want.Name); f.route.err != nil {
		return
	}
	for _, tls := range want.Spec.TLS {
		exists, err := secretExists(ctx, s.Routes, s.Namespace, tls.SecretName)
		if err != nil {
			f.route.err = err
			return
		}
		if !exists {
			f.route.missing = append(f.route.missing, tls.SecretName)
		}
	}
}

// secretExists reports whether a Secret exists, without reading what it holds.
func secretExists(ctx context.Context, reader client.Reader, namespace, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	secret := metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}}
	err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &secret)
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("read Secret %s: %w", name, err)
	}
	return err == nil, nil
}

// get reads an object, or returns nil if it does not exist.
func get[T any, P interface {
	*T
	client.Object
}](ctx context.Context, reader client.Reader, namespace, name string) (*T, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var object T
	err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, P(&object))
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &object, nil
}

// wantedIngress returns the Ingress that should route to the Tenant. nil: its hosts are not known yet.
func (f *facts) wantedIngress() *networkingv1.Ingress {
	backend := backendOf(f.platform)
	hosts := f.tenant.Status.Hosts
	var former []string
	if f.liveRow() {
		hosts, former = append([]string{f.row.PrimaryHost}, f.row.CustomHosts...), f.row.FormerHosts()
	}
	if len(hosts) == 0 {
		return nil
	}
	if want := routing.ForTenant(f.platform, backend, f.tenant, hosts[0], hosts[1:], former); want != nil {
		return routing.WithoutCertificates(want, former)
	}
	return routing.ForPlatform(f.platform, backend, nil, true) // without the hosts of the public site
}
