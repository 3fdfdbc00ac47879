package status

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/echoblogs/echoblogs/internal/routing"
)

// FieldManager owns what the operator writes.
const FieldManager = routing.FieldManager

// StripManagedFields is a transformation for a cache. It removes the managed fields of objects, which are larger than the objects
// themselves, except for the names of others who have edited their status.
func StripManagedFields(object any) (any, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return object, nil //nolint:nilerr // a tombstone of the cache
	}
	var editors []metav1.ManagedFieldsEntry
	for _, entry := range accessor.GetManagedFields() {
		if isEditor(entry) {
			editors = append(editors, metav1.ManagedFieldsEntry{Manager: entry.Manager, Subresource: entry.Subresource})
		}
	}
	accessor.SetManagedFields(slices.Clip(editors))
	return object, nil
}

// isEditor reports whether others have edited fields of status.
func isEditor(entry metav1.ManagedFieldsEntry) bool {
	return entry.Subresource == "status" && entry.Manager != FieldManager
}

// Edited passes every change of an object from the cache whose status others have edited.
var Edited = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		return slices.ContainsFunc(e.ObjectNew.GetManagedFields(), isEditor) && e.ObjectOld.GetResourceVersion() != e.ObjectNew.GetResourceVersion()
	},
}
