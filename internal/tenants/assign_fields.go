package tenants

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

func isPortal(manager string) bool { return manager == ownerManager || manager == staffManager }

// assignFields makes each of the portal's field managers own the fields that are its own, as applied ones. When the portal
// creates a Tenant, one manager sets all fields, by an update, and the API server distinguishes what a manager has updated
// from what it has applied.
func (c *Client) assignFields(ctx context.Context, live *v1alpha1.Tenant) error {
	if !slices.ContainsFunc(live.ManagedFields, func(e metav1.ManagedFieldsEntry) bool {
		return isPortal(e.Manager) && e.Subresource == "" && e.FieldsV1 != nil && e.Operation != metav1.ManagedFieldsOperationApply
	}) {
		return nil
	}
	entries, err := assigned(live.ManagedFields)
	if err != nil {
		return fmt.Errorf("assign fields of Tenant %s: %w", live.Name, err)
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": live.ResourceVersion}, // a conflict if it has changed
	})
	if err != nil {
		return fmt.Errorf("assign fields of Tenant %s: %w", live.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	err = c.client.Patch(ctx, live, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(ownerManager))
	return apiError("assign fields of Tenant "+live.Name, err)
}

// assigned returns entries in which the fields of the portal's managers are divided between the two.
func assigned(entries []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error) {
	var others []metav1.ManagedFieldsEntry
	fields := map[string]*fieldpath.Set{ownerManager: {}, staffManager: {}}
	var latest metav1.ManagedFieldsEntry
	for _, entry := range entries {
		if !isPortal(entry.Manager) || entry.Subresource != "" || entry.FieldsV1 == nil {
			others = append(others, entry)
			continue
		}
		var all fieldpath.Set
		if err := all.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
			return nil, err
		}
		all.Iterate(func(path fieldpath.Path) { fields[managerOf(path)].Insert(path.Copy()) })
		if latest.Time == nil || !entry.Time.Before(latest.Time) {
			latest = entry
		}
	}
	for _, manager := range []string{ownerManager, staffManager} {
		if fields[manager].Empty() {
			continue
		}
		text, err := fields[manager].ToJSON()
		if err != nil {
			return nil, err
		}
		entry := latest
		entry.Manager, entry.Operation, entry.FieldsV1 = manager, metav1.ManagedFieldsOperationApply, metav1.NewFieldsV1(string(text))
		others = append(others, entry)
	}
	return others, nil
}

// managerOf returns which of the portal's field managers a field belongs to: that of a setting, otherwise the owner's.
func managerOf(path fieldpath.Path) string {
	for _, s := range allSettings {
		if prefix := fieldPath("spec." + s.path); len(path) >= len(prefix) && path[:len(prefix)].Equals(prefix) {
			return s.manager
		}
	}
	if limits := fieldPath("spec.limits"); path.Equals(limits) {
		return staffManager
	}
	return ownerManager
}
