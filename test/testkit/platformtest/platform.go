// Package platformtest gives a test a namespace on a shared API server, a Platform in it, and functions that create,
// edit and await Tenants. It starts no program: an operator, if the test needs one, is the test's own.
package platformtest

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// Domain is the parent of the hosts of Tenants that name none.
	Domain = "example.com"
	// OtherDomain is another one that the Platform lists.
	OtherDomain = "example.net"
	// IngressClass is the class of the Ingresses.
	IngressClass = "demo"
	// BlogService is the Service of the blog that the Platform names.
	BlogService = "echoblogs-blog"
	// PortalService is the Service of the public site that the Platform names.
	PortalService = "echoblogs-portal"

	databaseSecret = "echoblogs-database"
)

// Platform is a namespace that belongs to one test.
type Platform struct {
	// Namespace of the Platform and its Tenants.
	Namespace string
	// Client acts as the cluster's administrator.
	Client client.WithWatch

	t testing.TB
}

// New creates a namespace. It is never deleted: the API server is removed after the tests.
func New(t testing.TB, c client.WithWatch) *Platform {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return &Platform{Namespace: namespace.Name, Client: c, t: t}
}

// In returns the same Platform for a subtest, or for one input of a fuzz target.
func (p *Platform) In(t testing.TB) *Platform {
	t.Helper()
	other := *p
	other.t = t
	return &other
}

// Key names an object in the namespace.
func (p *Platform) Key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: name}
}

// CreateObject creates an object in the namespace.
func (p *Platform) CreateObject(object client.Object) {
	p.t.Helper()
	object.SetNamespace(p.Namespace)
	if err := p.Client.Create(p.t.Context(), object); err != nil {
		p.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
}

// CreateDatabaseSecret creates the Secret with the operator's connection URI, which the Platform names.
func (p *Platform) CreateDatabaseSecret(uri string) {
	p.t.Helper()
	p.CreateObject(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: databaseSecret}, StringData: map[string]string{"uri": uri}})
}

// CreatePlatform creates the Platform "default" with two domains, after the edits. It serves any custom domain, and holds no
// deletions.
func (p *Platform) CreatePlatform(edits ...func(*v1alpha1.Platform)) {
	p.t.Helper()
	object := &v1alpha1.Platform{
		ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.DefaultPlatform},
		Spec: v1alpha1.PlatformSpec{
			Domains: []v1alpha1.ParentDomain{Domain, OtherDomain}, PublicURL: "http://" + Domain,
			Database:   v1alpha1.DatabaseSpec{SecretRef: v1alpha1.SecretReference{Name: databaseSecret}},
			Backend:    v1alpha1.ServiceReference{Name: BlogService},
			Portal:     &v1alpha1.ServiceReference{Name: PortalService},
			Protection: &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: new(int32(1_000_000))},
			Routing:    &v1alpha1.RoutingSpec{IngressClassName: IngressClass, CustomDomains: v1alpha1.CustomDomainsAny, CatchAll: new(true)},
		},
	}
	for _, edit := range edits {
		edit(object)
	}
	p.CreateObject(object)
}

// ReadPlatform returns the Platform "default".
func (p *Platform) ReadPlatform() *v1alpha1.Platform {
	p.t.Helper()
	var object v1alpha1.Platform
	if err := p.Client.Get(p.t.Context(), p.Key(v1alpha1.DefaultPlatform), &object); err != nil {
		p.t.Fatal(err)
	}
	return &object
}

// EditPlatform changes the Platform "default" as its author does.
func (p *Platform) EditPlatform(change func(*v1alpha1.Platform)) {
	p.t.Helper()
	object := p.ReadPlatform()
	before := object.DeepCopy()
	change(object)
	if err := p.Client.Patch(p.t.Context(), object, client.MergeFrom(before)); err != nil {
		p.t.Fatalf("edit the Platform: %v", err)
	}
}

// WaitReady waits for the Platform "default" to be Ready.
func (p *Platform) WaitReady() {
	p.t.Helper()
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// WaitPlatform waits for a condition of the Platform "default" in its current generation. An empty reason matches any.
func (p *Platform) WaitPlatform(kind string, status metav1.ConditionStatus, reason string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("the Platform has %s=%s %s", kind, status, reason), func(context.Context) error {
		object := p.ReadPlatform()
		return HasCondition(object.Status.Conditions, object.Generation, kind, status, reason)
	})
}
