package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

var (
	// ErrNotHeld is returned for a decision about a deletion that is not held.
	ErrNotHeld = errors.New("the deletion of the Tenant is not held")
	// ErrNotDone is returned when a deletion was cancelled and the operator has not removed the object in time, or has not
	// reconciled another one of its name.
	ErrNotDone = errors.New("the operator has not answered yet")
)

// cancellationTimeout bounds how long a cancellation waits for the operator. It is less than a page may take.
const cancellationTimeout = 10 * time.Second

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
// returns ErrNotHeld, ErrNotDone, ErrConflict if the Tenant has changed since it was read, and the errors of Recreate.
func CancelDeletion(ctx context.Context, c client.Client, held *v1alpha1.Tenant) error {
	if !IsHeld(held) {
		return fmt.Errorf("cancel the deletion of %s: %w", held.Name, ErrNotHeld)
	}
	gone := held.DeepCopy()
	if err := decideDeletion(ctx, c, held, v1alpha1.DeletionCancelled); err != nil {
		return err
	}
	// The Tenant is created again even if the caller has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancellationTimeout)
	defer cancel()
	if err := awaitRemoval(ctx, c, gone); err != nil {
		return err
	}
	return await(ctx, "create Tenant "+gone.Name+" again", func() (bool, error) {
		err := Recreate(ctx, c, gone, string(gone.UID))
		if !errors.Is(err, ErrExists) {
			return true, err
		}
		// A pipeline has applied its manifest again. Its Tenant has the data, or will wait for it.
		live, readErr := readFrom(ctx, c, gone)
		return readErr == nil && meta.IsStatusConditionTrue(live.Status.Conditions, v1alpha1.ConditionReady), readErr
	})
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
	return await(ctx, "cancel the deletion of "+tenant.Name, func() (bool, error) {
		live, err := readFrom(ctx, c, tenant)
		if errors.Is(err, ErrNotFound) {
			return true, nil
		}
		return err == nil && live.UID != tenant.UID, err
	})
}

// await repeats check until it is done. It returns ErrNotDone when ctx ends.
func await(ctx context.Context, action string, check func() (done bool, err error)) error {
	again := time.NewTicker(pollInterval)
	defer again.Stop()
	for {
		if done, err := check(); done || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", action, ErrNotDone)
		}
	}
}
