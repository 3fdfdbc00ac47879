package tenants

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Delete deletes a Tenant, identified by its UID: a later Tenant of the same name stays. A Tenant that does not exist is
// no error.
func (c *Client) Delete(ctx context.Context, tenant *v1alpha1.Tenant) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	err := c.client.Delete(ctx, tenant, client.Preconditions{UID: &tenant.UID})
	if err != nil && !apierrors.IsNotFound(err) {
		return apiError("delete Tenant "+tenant.Name, err)
	}
	return nil
}

// Discard deletes a Tenant together with its data, identified by its UID: a later Tenant of the same name stays. A Tenant
// that does not exist is no error.
func (c *Client) Discard(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if tenant.Spec.DeletionPolicy != v1alpha1.DeletionPolicyDelete {
		// The API server refuses a patch with the UID of another object.
		patch := fmt.Appendf(nil, `{"metadata":{"uid":%q},"spec":{"deletionPolicy":%q}}`, tenant.UID, v1alpha1.DeletionPolicyDelete)
		limited, cancel := context.WithTimeout(ctx, apiTimeout)
		defer cancel()
		err := c.client.Patch(limited, tenant.DeepCopy(), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(fieldManager))
		if err != nil && !apierrors.IsNotFound(err) {
			return apiError("set the deletion policy of Tenant "+tenant.Name, err)
		}
	}
	if !tenant.DeletionTimestamp.IsZero() {
		return nil
	}
	return c.Delete(ctx, tenant)
}
