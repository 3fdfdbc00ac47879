package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// ErrNamesSchema is returned when the portal cannot create a deleted Tenant again because it names a schema, or has an annotation
// about one. The portal may not choose schemas: an administrator does it, such as with RestoreManifest.
var ErrNamesSchema = errors.New("the deleted Tenant names a schema")

// Restore recreates the Tenant of a tombstone, with its data. The spec is the one that the Tenant had; if that sets no
// paidUntil, the operator takes the date from the registry. Errors are ErrNamesSchema, ErrExists and *InvalidError.
func (c *Client) Restore(ctx context.Context, t tenancy.Tombstone) error {
	tenant, err := restored(t, c.Namespace)
	switch {
	case err != nil:
		return err
	case tenant.Spec.SchemaName != "":
		return ErrNamesSchema
	}
	return c.create(ctx, tenant)
}

// RestoreManifest returns the YAML manifest with which an administrator restores a tombstone that Restore cannot restore,
// because its spec names a schema. It returns nil if Restore can.
func RestoreManifest(t tenancy.Tombstone, namespace string) ([]byte, error) {
	tenant, err := restored(t, namespace)
	if err != nil || tenant.Spec.SchemaName == "" {
		return nil, err
	}
	delete(tenant.Annotations, v1alpha1.AnnotationRegistration) // only the portal may set it
	return manifest(tenant.ObjectMeta, tenant.Spec)
}

// restored returns the Tenant that restores a tombstone: with the spec of the deleted one, and of its metadata only the
// registration, because its owner is still the one who signed up.
func restored(t tenancy.Tombstone, namespace string) (*v1alpha1.Tenant, error) {
	var deleted v1alpha1.Tenant
	if err := json.Unmarshal(t.Object.JSON, &deleted); err != nil {
		return nil, fmt.Errorf("decode the object of tombstone %s: %w", t.Name, err)
	}
	tenant := &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{
			Name: t.Name, Namespace: namespace, Annotations: map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.RestoreTombstone(t.ID)},
		},
		Spec: deleted.Spec,
	}
	if id := RegistrationID(&deleted); id != "" {
		tenant.Annotations[v1alpha1.AnnotationRegistration] = id
	}
	return tenant, nil
}
