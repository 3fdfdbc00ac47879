package tenants

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// NewTenant describes a Tenant to create.
type NewTenant struct {
	// Name is the Tenant's name.
	Name string
	// Owner is the user who may write on the blog.
	Owner v1alpha1.TenantOwner
	// RegistrationID is the registration that the Tenant is created for: RegistrationID returns it later.
	RegistrationID string
}

// Create creates a Tenant on the Platform. It never changes a Tenant that exists: it returns ErrExists.
func (c *Client) Create(ctx context.Context, n NewTenant) (*v1alpha1.Tenant, error) {
	tenant := &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Annotations: map[string]string{v1alpha1.AnnotationRegistration: n.RegistrationID}},
		Spec:       v1alpha1.TenantSpec{Owner: &n.Owner},
	}
	if c.PlatformName != v1alpha1.DefaultPlatform {
		tenant.Spec.PlatformRef.Name = c.PlatformName
	}
	return tenant, c.create(ctx, tenant)
}

// create is a plain create, not an apply: an apply would change a Tenant that another client has just created.
func (c *Client) create(ctx context.Context, tenant *v1alpha1.Tenant) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	tenant.Namespace = c.Namespace
	controllerutil.AddFinalizer(tenant, v1alpha1.Finalizer) // saves the operator a write
	return apiError("create Tenant "+tenant.Name, c.client.Create(ctx, tenant, client.FieldOwner(ownerManager)))
}

// RegistrationID returns the ID of the registration that a Tenant was created for, or "" if it was created otherwise.
func RegistrationID(t *v1alpha1.Tenant) string { return t.Annotations[v1alpha1.AnnotationRegistration] }
