package explain_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// statuses holds what the operator has written about objects in each phase: test/gitops checks that it still does.
const statuses = "../../examples/gitops-argocd/resource_customizations/tenancy.echoblogs.io"

// now is the time of an explanation, days before the times in the files.
var now = time.Date(2029, 12, 1, 12, 0, 0, 0, time.UTC)

// world is a namespace with one Tenant and what is known of it.
type world struct {
	client.Reader
	t         *testing.T
	tenant    *v1alpha1.Tenant
	platform  *v1alpha1.Platform
	namespace *corev1.Namespace
	ingress   *networkingv1.Ingress
	secrets   []string
	// forbidden are the kinds that the caller may not read.
	forbidden []string
	// withoutRoutes is true if the caller does not read Ingresses.
	withoutRoutes bool

	row         *tenancy.Tenant
	tombstones  []tenancy.Tombstone
	entries     []audit.Entry
	databaseErr error
}

// newWorld returns a world with the Tenant of a file, and the row and the Ingress that it should have.
func newWorld(t *testing.T, file string) *world {
	t.Helper()
	w := &world{t: t, tenant: &v1alpha1.Tenant{}, platform: &v1alpha1.Platform{}}
	read(t, "Platform/testdata/ready.yaml", w.platform)
	read(t, "Tenant/testdata/"+file+".yaml", w.tenant)
	w.tenant.UID, w.tenant.CreationTimestamp = "uid-of-"+"tenant", metav1.NewTime(now.Add(-time.Hour))
	w.platform.Status.SchemaVersion = "0001"
	w.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.tenant.Namespace, Labels: map[string]string{v1alpha1.LabelServed: "true"}}}
	if w.tenant.Status.SchemaName != "" {
		w.addRow()
		w.addIngress()
	}
	return w
}

// read decodes a file of statuses.
func read(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(statuses, file))
	if err == nil {
		err = yaml.UnmarshalStrict(content, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// addRow adds the row that the operator writes for the Tenant.
func (w *world) addRow() {
	w.t.Helper()
	spec, _, err := desired.Row(w.platform, w.tenant, tenancy.Spec{})
	if err != nil {
		w.t.Fatal(err)
	}
	digest, err := desired.Digest(w.tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	w.row = &tenancy.Tenant{Spec: spec, ID: 7, State: tenancy.StateLive, SchemaVersion: "0001", SchemaExists: true, ObjectDigest: digest, UpdatedAt: now.Add(-time.Hour)}
}

// addIngress adds the Ingress that the operator writes for the Tenant.
func (w *world) addIngress() {
	backend := desired.Application(application.Application{}, w.platform).Backend
	w.ingress = routing.ForTenant(w.platform, backend, w.tenant, w.row.PrimaryHost, w.row.CustomHosts, nil)
}

// explain explains the Tenant.
func (w *world) explain() explain.Explanation {
	w.t.Helper()
	return w.explainName(w.tenant.Name)
}

func (w *world) explainName(name string) explain.Explanation {
	w.t.Helper()
	sources := explain.Sources{
		Namespace: w.tenant.Namespace, Platform: "default", Objects: w, Routes: w, Now: func() time.Time { return now },
		Database: func(context.Context, *v1alpha1.Platform) (explain.Database, error) {
			return explain.Database{Registry: w, Audit: w}, w.databaseErr
		},
	}
	if w.withoutRoutes {
		sources.Routes = nil
	}
	e, err := explain.Tenant(w.t.Context(), sources, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// Get implements client.Reader.
func (w *world) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	missing := apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	kind := "Secret"
	found := false
	switch into := into.(type) {
	case *v1alpha1.Tenant:
		if kind, found = "Tenant", w.tenant != nil && w.tenant.Name == key.Name && w.tenant.ResourceVersion != gone; found {
			w.tenant.DeepCopyInto(into)
		}
	case *v1alpha1.Platform:
		if kind, found = "Platform", w.platform != nil && w.platform.Name == key.Name; found {
			w.platform.DeepCopyInto(into)
		}
	case *corev1.Namespace:
		if kind, found = "Namespace", w.namespace != nil; found {
			w.namespace.DeepCopyInto(into)
		}
	case *networkingv1.Ingress:
		if kind, found = "Ingress", w.ingress != nil && w.ingress.Name == key.Name; found {
			w.ingress.DeepCopyInto(into)
		}
	case *metav1.PartialObjectMetadata:
		for _, secret := range w.secrets {
			found = found || secret == key.Name
		}
	}
	for _, forbidden := range w.forbidden {
		if forbidden == kind {
			return apierrors.NewForbidden(schema.GroupResource{Resource: strings.ToLower(kind)}, key.Name, nil)
		}
	}
	if !found {
		return missing
	}
	return nil
}

// gone is the resource version of a Tenant that does not exist any more.
const gone = "gone"

// Find implements explain.Registry.
func (w *world) Find(_ context.Context, name string) (tenancy.Tenant, error) {
	if w.row == nil || w.row.Name != name {
		return tenancy.Tenant{}, tenancy.ErrNotFound
	}
	return *w.row, nil
}

// ListTombstonesNamed implements explain.Registry.
func (w *world) ListTombstonesNamed(_ context.Context, name string) (found []tenancy.Tombstone, _ error) {
	for _, t := range w.tombstones {
		if t.Name == name {
			found = append(found, t)
		}
	}
	return found, nil
}

// ByTenant implements explain.AuditLog.
func (w *world) ByTenant(_ context.Context, tenant string, _ int) (found []audit.Entry, _ error) {
	for _, e := range w.entries {
		if e.Tenant == tenant {
			found = append(found, e)
		}
	}
	return found, nil
}

// states returns the states of all layers that are not ok, such as "Route wrong".
func states(e explain.Explanation) string {
	var all []string
	for _, l := range e.Layers {
		if l.State != explain.OK {
			all = append(all, l.Name+" "+string(l.State))
		}
	}
	return strings.Join(all, ", ")
}

// layer returns a layer by its name.
func layer(t *testing.T, e explain.Explanation, name string) explain.Layer {
	t.Helper()
	for _, l := range e.Layers {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("there is no layer %s", name)
	return explain.Layer{}
}
