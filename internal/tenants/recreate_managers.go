package tenants

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// attempts is how often a write is repeated because the Tenant has changed.
const attempts = 5

// recreateFields are the fields that stay recreateManager's if no other manager has them.
var recreateFields = fieldpath.NewSet(
	fieldpath.MakePathOrDie("metadata", "annotations", v1alpha1.AnnotationAdoptOrphan),
	fieldpath.MakePathOrDie("metadata", "finalizers"),
	fieldpath.MakePathOrDie("metadata", "finalizers", value.NewValueInterface(v1alpha1.Finalizer)),
)

// lostFields are the fields of lostAnnotations.
var lostFields = fieldpath.NewSet(
	fieldpath.MakePathOrDie("metadata", "annotations", v1alpha1.AnnotationRegistration),
	fieldpath.MakePathOrDie("metadata", "annotations", v1alpha1.AnnotationDeletion),
)

// assignManagers gives the fields of a Tenant that was created again to the managers in its annotation, which it removes.
func assignManagers(ctx context.Context, c client.Client, live *v1alpha1.Tenant) error {
	for attempt := 1; ; attempt++ {
		err := tryAssignManagers(ctx, c, live)
		if !errors.Is(err, ErrConflict) || attempt == attempts {
			return err
		}
		if live, err = readFrom(ctx, c, live); err != nil {
			return err
		}
	}
}

func tryAssignManagers(ctx context.Context, c client.Client, live *v1alpha1.Tenant) error {
	encoded, incomplete := live.Annotations[v1alpha1.AnnotationFieldManagers]
	if !incomplete {
		return nil
	}
	entries, err := recreatedManagers(live.ManagedFields, encoded)
	if err != nil {
		return fmt.Errorf("read the field managers of Tenant %s: %w", live.Name, err)
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		{"op": "remove", "path": "/metadata/annotations/" + strings.ReplaceAll(v1alpha1.AnnotationFieldManagers, "/", "~1")},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": live.ResourceVersion}, // a conflict if it has changed
	})
	if err != nil {
		return fmt.Errorf("encode the field managers of Tenant %s: %w", live.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	err = c.Patch(ctx, live.DeepCopy(), client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(recreateManager))
	return apiError("assign the fields of Tenant "+live.Name, err)
}

// recreatedManagers returns the entries of a Tenant that was created again: those that are encoded, those of other managers that
// have written since, and of recreateManager what is left.
func recreatedManagers(live []metav1.ManagedFieldsEntry, encoded string) ([]metav1.ManagedFieldsEntry, error) {
	var entries []metav1.ManagedFieldsEntry
	if err := json.Unmarshal([]byte(encoded), &entries); err != nil {
		return nil, err
	}
	former, err := decodeManaged(entries)
	if err != nil {
		return nil, err
	}
	managers, err := decodeManaged(live)
	if err != nil {
		return nil, err
	}
	now, left, assigned := metav1.Now(), &fieldpath.Set{}, &fieldpath.Set{}
	managers = slices.DeleteFunc(managers, func(m managed) bool {
		if m.entry.Manager != recreateManager {
			return false
		}
		left = left.Union(m.fields)
		return true
	})
	for _, m := range former {
		m.entry.Time, m.fields = &now, m.fields.Difference(lostFields)
		if i := slices.IndexFunc(managers, m.isSame); i >= 0 {
			managers[i].fields = managers[i].fields.Union(m.fields)
		} else {
			managers = append(managers, m)
		}
	}
	for _, m := range managers {
		if m.entry.Subresource == "" {
			assigned = assigned.Union(m.fields)
		}
	}
	managers = append(managers, managed{metav1.ManagedFieldsEntry{
		Manager: recreateManager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: v1alpha1.GroupVersion.String(), Time: &now, FieldsType: "FieldsV1",
	}, left.Intersection(recreateFields).Difference(assigned)})
	return encodeManaged(managers)
}

// managed is an entry of managed fields with its fields.
type managed struct {
	entry  metav1.ManagedFieldsEntry
	fields *fieldpath.Set
}

// isSame reports whether the API server would have one entry for both.
func (m managed) isSame(other managed) bool {
	a, b := m.entry, other.entry
	return a.Manager == b.Manager && a.Operation == b.Operation && a.APIVersion == b.APIVersion && a.Subresource == b.Subresource
}

func decodeManaged(entries []metav1.ManagedFieldsEntry) ([]managed, error) {
	var decoded []managed
	for _, entry := range entries {
		m := managed{entry, &fieldpath.Set{}}
		if entry.FieldsV1 != nil {
			if err := m.fields.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
				return nil, err
			}
		}
		decoded = append(decoded, m)
	}
	return decoded, nil
}

// encodeManaged leaves out entries without fields.
func encodeManaged(managers []managed) ([]metav1.ManagedFieldsEntry, error) {
	entries := []metav1.ManagedFieldsEntry{}
	for _, m := range managers {
		if m.fields.Empty() {
			continue
		}
		entry, err := withFields(m.entry, m.fields)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}
