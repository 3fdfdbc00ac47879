package tenants

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// Apply makes a Tenant say what the configuration says, under the public site's own field manager. A field that another
// manager has set is a conflict (apierrors.IsConflict), never taken over.
func (c *Client) Apply(ctx context.Context, tenant *tenancyv1alpha1.TenantApplyConfiguration) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	if err := c.client.Apply(ctx, tenant, client.FieldOwner(fieldManager)); err != nil {
		return apiError("apply Tenant "+*tenant.Name, err)
	}
	return nil
}

// adopt makes the fields that the public site has set, when it made a Tenant, those of its applies: the API server tells
// them apart, even under one name.
func (c *Client) adopt(ctx context.Context, tenant *v1alpha1.Tenant) error {
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(tenant, sets.New(fieldManager), fieldManager)
	if err != nil || patch == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	if err := c.client.Patch(ctx, tenant, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(fieldManager)); err != nil {
		return apiError("adopt fields of Tenant "+tenant.Name, err)
	}
	return nil
}

// Edit changes the part of a Tenant's spec that the public site has set, and leaves the rest to those who set it. It
// returns a *FieldConflictError when change touches a field that another manager has set.
func (c *Client) Edit(ctx context.Context, name string, change func(*tenancyv1alpha1.TenantSpecApplyConfiguration)) error {
	var live *v1alpha1.Tenant
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
		if live, err = c.GetLive(ctx, name); err != nil {
			return err
		}
		return c.adopt(ctx, live)
	})
	if err != nil {
		return err
	}
	own, err := tenancyv1alpha1.ExtractTenant(live, fieldManager)
	if err != nil {
		return fmt.Errorf("read which fields of Tenant %s are the public site's: %w", name, err)
	}
	own.WithUID(live.UID) // no other that has its name by then
	if own.Spec == nil {
		own.WithSpec(tenancyv1alpha1.TenantSpec())
	}
	change(own.Spec)
	err = c.Apply(ctx, own)
	if apierrors.IsConflict(err) {
		return &FieldConflictError{Cause: err}
	}
	return err
}

// FieldConflictError says that another field manager, such as a GitOps tool, has set what was to be changed.
type FieldConflictError struct{ Cause error }

func (e *FieldConflictError) Error() string {
	return "a field is set by another manager: " + e.Cause.Error()
}
func (e *FieldConflictError) Unwrap() error { return e.Cause }
