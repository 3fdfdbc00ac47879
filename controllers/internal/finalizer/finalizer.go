// Package finalizer adds and removes the finalizer of Tenants and Platforms without losing another writer's change.
package finalizer

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Has reports whether an object has the finalizer.
func Has(object client.Object) bool {
	return controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer)
}

// Ensure adds the finalizer to an object that lacks it, and reports whether it did. It fails with a conflict if the object has
// changed since it was read, because a merge patch replaces the whole list of finalizers.
func Ensure(ctx context.Context, c client.Client, object client.Object) (added bool, err error) {
	before := object.DeepCopyObject().(client.Object)
	if !controllerutil.AddFinalizer(object, v1alpha1.Finalizer) {
		return false, nil
	}
	return true, c.Patch(ctx, object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// Remove removes the finalizer. It is an update rather than a patch: the API server deletes an object that has lost its
// last finalizer in a separate request, which checks the UID only after an update. After a patch it could delete an object
// that was created with the same name in between.
func Remove(ctx context.Context, c client.Client, object client.Object) error {
	controllerutil.RemoveFinalizer(object, v1alpha1.Finalizer)
	object.SetManagedFields(nil) // those of the cache are incomplete; without any, the API server keeps its own
	return c.Update(ctx, object)
}
