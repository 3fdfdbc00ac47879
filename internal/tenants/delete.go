package tenants

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Delete deletes a Tenant. It returns the Tenant as it was, or nil if it was being deleted already. The deletion brake of the
// Platform may hold the deletion. Errors are ErrNotFound and *ChangedError.
func (c *Client) Delete(ctx context.Context, v Version) (*v1alpha1.Tenant, error) {
	return c.deleteTenant(ctx, v, false)
}

// DeleteApproved is Delete for a deletion that passes the deletion brake, because the Tenant's owner has confirmed it.
func (c *Client) DeleteApproved(ctx context.Context, v Version) (*v1alpha1.Tenant, error) {
	return c.deleteTenant(ctx, v, true)
}

func (c *Client) deleteTenant(ctx context.Context, v Version, approved bool) (*v1alpha1.Tenant, error) {
	var deleted, approvedHere *v1alpha1.Tenant
	err := c.withLatest(ctx, v, func(live *v1alpha1.Tenant) error {
		if approved && live.Annotations[v1alpha1.AnnotationDeletion] != v1alpha1.DeletionApproved {
			approvedHere = live
			if err := decideDeletion(ctx, c.client, live, v1alpha1.DeletionApproved); err != nil {
				return err
			}
		}
		if !live.DeletionTimestamp.IsZero() {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, apiTimeout)
		defer cancel()
		err := c.client.Delete(ctx, live, client.Preconditions{UID: &live.UID, ResourceVersion: &live.ResourceVersion})
		if err != nil {
			return apiError("delete Tenant "+live.Name, err)
		}
		deleted = live
		return nil
	})
	if err != nil && approvedHere != nil {
		c.withdrawApproval(ctx, VersionOf(approvedHere))
	}
	return deleted, err
}

// withdrawApproval removes the approval of a deletion that has not begun, even if ctx has ended, so that it does not apply to a
// later one.
func (c *Client) withdrawApproval(ctx context.Context, v Version) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer cancel()
	_ = c.withLatest(ctx, v.Latest(), func(live *v1alpha1.Tenant) error { // the caller has an error already
		if !live.DeletionTimestamp.IsZero() || live.Annotations[v1alpha1.AnnotationDeletion] != v1alpha1.DeletionApproved {
			return nil
		}
		before := live.DeepCopy()
		delete(live.Annotations, v1alpha1.AnnotationDeletion)
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		return apiError("withdraw the approval for Tenant "+live.Name, c.client.Patch(ctx, live, patch, client.FieldOwner(ownerManager)))
	})
}

// Discard deletes a Tenant together with its data, identified by its UID: a later Tenant of the same name is kept. The deletion
// is approved. It is not an error if the Tenant does not exist.
func (c *Client) Discard(ctx context.Context, tenant *v1alpha1.Tenant) error {
	v := VersionOf(tenant).Latest()
	if tenant.Spec.DeletionPolicy != v1alpha1.DeletionPolicyDelete {
		err := c.withLatest(ctx, v, func(live *v1alpha1.Tenant) error { return c.dropOnDeletion(ctx, live) })
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if _, err := c.DeleteApproved(ctx, v); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// dropOnDeletion sets the deletion policy of a Tenant to Delete, even if another manager owns the field.
func (c *Client) dropOnDeletion(ctx context.Context, live *v1alpha1.Tenant) error {
	before := live.DeepCopy()
	live.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return apiError("set the deletion policy of Tenant "+live.Name, c.client.Patch(ctx, live, patch, client.FieldOwner(ownerManager)))
}

// KeptUntil returns when the data of a Tenant that is deleted now will be dropped. The zero time: at once.
func KeptUntil(platform *v1alpha1.Platform, t *v1alpha1.Tenant, now time.Time) time.Time {
	if !t.Retained() {
		return time.Time{}
	}
	return now.AddDate(0, 0, platform.RetentionDays())
}
