package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

var (
	// ErrNotHeld is returned for a decision about a deletion that is not held.
	ErrNotHeld = errors.New("the deletion of the Tenant is not held")
	// ErrNotRemoved is returned when a deletion was cancelled and the operator has not removed the object in time.
	ErrNotRemoved = errors.New("the operator has not removed the object yet")
)

// removalPatience bounds how long a cancellation waits for the operator to remove the object.
const removalPatience = 30 * time.Second

// IsHeld reports whether the deletion brake of the Platform holds the deletion of a Tenant.
func IsHeld(t *v1alpha1.Tenant) bool {
	return !t.DeletionTimestamp.IsZero() && t.Status.DeletionHold != nil
}

// ApproveDeletion lets the held deletion of a Tenant, as it was read, pass. It returns ErrNotHeld, or ErrConflict if the Tenant
// has changed since.
func ApproveDeletion(ctx context.Context, c client.Client, held *v1alpha1.Tenant) error {
	if !IsHeld(held) {
		return fmt.Errorf("approve the deletion of %s: %w", held.Name, ErrNotHeld)
	}
	return decideDeletion(ctx, c, held, v1alpha1.DeletionApproved)
}

// CancelDeletion cancels the held deletion of a Tenant, as it was read past any cache: the operator removes the object and
// nothing else, and the Tenant is created again. If it fails in between, "kubectl echoblogs orphans recreate" does the rest. It
// returns ErrNotHeld, ErrNotRemoved, ErrConflict if the Tenant has changed since it was read, and the errors of Recreate.
func CancelDeletion(ctx context.Context, c client.Client, held *v1alpha1.Tenant) error {
	if !IsHeld(held) {
		return fmt.Errorf("cancel the deletion of %s: %w", held.Name, ErrNotHeld)
	}
	gone := held.DeepCopy()
	if err := decideDeletion(ctx, c, held, v1alpha1.DeletionCancelled); err != nil {
		return err
	}
	if err := awaitRemoval(ctx, c, gone); err != nil {
		return err
	}
	return Recreate(ctx, c, gone, string(gone.UID))
}

// decideDeletion annotates a Tenant with a decision about its deletion, unless it has it.
func decideDeletion(ctx context.Context, c client.Client, tenant *v1alpha1.Tenant, decision string) error {
	if tenant.Annotations[v1alpha1.AnnotationDeletion] == decision {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	before := tenant.DeepCopy()
	metav1.SetMetaDataAnnotation(&tenant.ObjectMeta, v1alpha1.AnnotationDeletion, decision)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return apiError("decide about the deletion of Tenant "+tenant.Name, c.Patch(ctx, tenant, patch, client.FieldOwner(ownerManager)))
}

// awaitRemoval waits until an object is gone, or another one has its name.
func awaitRemoval(ctx context.Context, c client.Client, tenant *v1alpha1.Tenant) error {
	over := time.NewTimer(removalPatience)
	defer over.Stop()
	again := time.NewTicker(pollInterval)
	defer again.Stop()
	for {
		live, err := readFrom(ctx, c, tenant)
		if errors.Is(err, ErrNotFound) || err == nil && live.UID != tenant.UID {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-over.C:
			return fmt.Errorf("cancel the deletion of %s: %w", tenant.Name, ErrNotRemoved)
		case <-ctx.Done():
			return fmt.Errorf("cancel the deletion of %s: %w", tenant.Name, ctx.Err())
		}
	}
}
