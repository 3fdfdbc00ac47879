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
// from what it has applied. Settings of one-off managers become the portal's.
func (c *Client) assignFields(ctx context.Context, live *v1alpha1.Tenant) error {
	if !slices.ContainsFunc(live.ManagedFields, needsAssignment) {
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

// needsAssignment reports whether assigned changes the fields of an entry.
func needsAssignment(entry metav1.ManagedFieldsEntry) bool {
	switch {
	case entry.Subresource != "" || entry.FieldsV1 == nil:
		return false
	case isPortal(entry.Manager):
		return entry.Operation != metav1.ManagedFieldsOperationApply
	case !isOneOff(entry):
		return false
	}
	var all fieldpath.Set
	if all.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())) != nil {
		return false
	}
	settings, _ := splitSettings(&all)
	return !settings.Empty()
}

// assigned returns entries in which the fields of the portal's managers are divided between the two.
func assigned(entries []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error) {
	var others []metav1.ManagedFieldsEntry
	fields := map[string]*fieldpath.Set{ownerManager: {}, staffManager: {}}
	var latest metav1.ManagedFieldsEntry
	for _, entry := range entries {
		if entry.Subresource != "" || entry.FieldsV1 == nil || !isPortal(entry.Manager) && !isOneOff(entry) {
			others = append(others, entry)
			continue
		}
		var ours fieldpath.Set
		if err := ours.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
			return nil, err
		}
		if isOneOff(entry) {
			var left fieldpath.Set
			if ours, left = splitSettings(&ours); !left.Empty() {
				rest, err := withFields(entry, &left)
				if err != nil {
					return nil, err
				}
				others = append(others, rest)
			}
		}
		ours.Iterate(func(path fieldpath.Path) {
			manager, _ := managerOf(path)
			fields[manager].Insert(path.Copy())
		})
		if latest.Time == nil || !entry.Time.Before(latest.Time) {
			latest = entry
		}
	}
	for _, manager := range []string{ownerManager, staffManager} {
		if fields[manager].Empty() {
			continue
		}
		entry, err := withFields(latest, fields[manager])
		if err != nil {
			return nil, err
		}
		entry.Manager, entry.Operation = manager, metav1.ManagedFieldsOperationApply
		others = append(others, entry)
	}
	return others, nil
}

func withFields(entry metav1.ManagedFieldsEntry, fields *fieldpath.Set) (metav1.ManagedFieldsEntry, error) {
	text, err := fields.ToJSON()
	entry.FieldsV1 = metav1.NewFieldsV1(string(text))
	return entry, err
}

// splitSettings divides fields into those of settings and the others.
func splitSettings(fields *fieldpath.Set) (settings, others fieldpath.Set) {
	fields.Iterate(func(path fieldpath.Path) {
		if _, isSetting := managerOf(path); isSetting {
			settings.Insert(path.Copy())
		} else {
			others.Insert(path.Copy())
		}
	})
	return settings, others
}

// managerOf returns which of the portal's field managers a field belongs to, and whether it is part of a setting. Other
// fields belong to the owner's.
func managerOf(path fieldpath.Path) (manager string, isSetting bool) {
	for _, s := range allSettings {
		if prefix := fieldPath("spec." + s.path); len(path) >= len(prefix) && path[:len(prefix)].Equals(prefix) {
			return s.manager, true
		}
	}
	if limits := fieldPath("spec.limits"); path.Equals(limits) {
		return staffManager, true
	}
	return ownerManager, false
}
