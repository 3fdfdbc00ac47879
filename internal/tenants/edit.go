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
		return fmt.Errorf("apply Tenant %s: %w", *tenant.Name, err)
	}
	return nil
}

// Create makes a Tenant. It is no apply, because one that was made by somebody else at the same moment is not to be
// taken over: the error is then one of apierrors.IsAlreadyExists.
func (c *Client) Create(ctx context.Context, tenant *v1alpha1.Tenant) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	tenant.Namespace = c.Namespace
	if c.PlatformName != v1alpha1.DefaultPlatform {
		tenant.Spec.PlatformRef.Name = c.PlatformName
	}
	if err := c.client.Create(ctx, tenant, client.FieldOwner(fieldManager)); err != nil {
		return fmt.Errorf("create Tenant %s: %w", tenant.Name, err)
	}
	return nil
}

// Discard deletes a Tenant with its data, and no other that has its name by then.
func (c *Client) Discard(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if tenant.Spec.DeletionPolicy != v1alpha1.DeletionPolicyDelete {
		// A patch that names a UID is refused where the object has another one.
		patch := fmt.Appendf(nil, `{"metadata":{"uid":%q},"spec":{"deletionPolicy":%q}}`, tenant.UID, v1alpha1.DeletionPolicyDelete)
		limited, cancel := context.WithTimeout(ctx, apiTimeout)
		defer cancel()
		err := c.client.Patch(limited, tenant.DeepCopy(), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(fieldManager))
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("have the data of Tenant %s deleted with it: %w", tenant.Name, err)
		}
	}
	if !tenant.DeletionTimestamp.IsZero() {
		return nil
	}
	return c.Delete(ctx, tenant)
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
		return fmt.Errorf("adopt the fields of Tenant %s: %w", tenant.Name, err)
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

// Delete deletes a Tenant, and no other that has its name by then.
func (c *Client) Delete(ctx context.Context, tenant *v1alpha1.Tenant) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	err := c.client.Delete(ctx, tenant, client.Preconditions{UID: &tenant.UID})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete Tenant %s: %w", tenant.Name, err)
	}
	return nil
}
