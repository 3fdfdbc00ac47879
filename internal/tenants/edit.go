package tenants

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// Change is a change of a Tenant's settings. Only settings that differ between Base and Want are changed.
type Change struct {
	Version
	// Base are the settings that the caller saw.
	Base Settings
	// Want are the settings that the caller wants.
	Want Settings
}

// Edit changes settings of a Tenant. It returns what has changed, which is nothing if the Tenant already has the wanted
// settings. Errors are ErrNotFound, *InvalidError, *FieldOwnedError and *ChangedError. A change of settings of both field
// managers takes two writes: if the second one fails, Edit returns what the first one has changed and the error.
func (c *Client) Edit(ctx context.Context, change Change) ([]Difference, error) {
	if err := c.check(ctx, change); err != nil {
		return nil, err
	}
	var all []Difference
	for _, manager := range []string{ownerManager, staffManager} {
		err := c.withLatest(ctx, change.Version, func(live *v1alpha1.Tenant) error {
			changed, generation, err := c.edit(ctx, live, change, manager)
			if err == nil && len(changed) > 0 && change.Generation != 0 {
				change.Generation = generation
			}
			all = append(all, changed...)
			return err
		})
		var other *ChangedError
		if errors.As(err, &other) {
			other.Fields = compare(change.Base, SettingsOf(other.Tenant), change.Want)
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// Suspend suspends a Tenant: readers get 402 Payment Required. It reports whether the Tenant was not suspended before.
func (c *Client) Suspend(ctx context.Context, v Version) (bool, error) {
	return c.setSuspended(ctx, v, true)
}

// Resume ends a suspension by Suspend. It reports whether the Tenant was suspended before.
func (c *Client) Resume(ctx context.Context, v Version) (bool, error) {
	return c.setSuspended(ctx, v, false)
}

func (c *Client) setSuspended(ctx context.Context, v Version, suspended bool) (bool, error) {
	changed, err := c.Edit(ctx, Change{Version: v, Base: Settings{Suspended: !suspended}, Want: Settings{Suspended: suspended}})
	return len(changed) > 0, err
}

// check returns an *InvalidError if a wanted value breaks a rule.
func (c *Client) check(ctx context.Context, change Change) error {
	var found InvalidError
	note := func(path, message string) {
		if message != "" {
			found.Fields = append(found.Fields, InvalidField{Path: path, Message: message})
		}
	}
	for _, d := range differences(&change.Base, &change.Want) {
		note(d.Path, settingAt(d.Path).check(&change.Want))
	}
	if added := without(change.Want.CustomDomains, change.Base.CustomDomains); len(added) > 0 {
		platform, err := c.Platform(ctx)
		if err != nil {
			return err
		}
		for _, host := range added {
			_, message := checkDomain(platform, host)
			note(pathCustomDomains, message)
		}
	}
	if len(found.Fields) > 0 {
		return &found
	}
	return nil
}

// edit writes the part of a change that concerns the settings of one field manager, to a Tenant that has just been read. It
// returns what has changed and the Tenant's new generation.
func (c *Client) edit(ctx context.Context, live *v1alpha1.Tenant, change Change, manager string) ([]Difference, int64, error) {
	before := SettingsOf(live)
	after := merge(change.Base, change.Want, before)
	changed := differences(&before, &after)
	if owned := ownedFields(OwnersOf(live), changed, before.CustomDomains, after.CustomDomains); len(owned) > 0 {
		return nil, 0, &FieldOwnedError{Fields: owned}
	}
	changed = slices.DeleteFunc(changed, func(d Difference) bool { return settingAt(d.Path).manager != manager })
	if len(changed) == 0 {
		return nil, 0, nil
	}
	if err := c.assignFields(ctx, live); err != nil {
		return nil, 0, err
	}
	applied, err := tenancyv1alpha1.ExtractTenant(live, manager)
	if err != nil {
		return nil, 0, fmt.Errorf("extract the fields of Tenant %s that %s owns: %w", live.Name, manager, err)
	}
	if applied.Spec == nil {
		applied.WithSpec(tenancyv1alpha1.TenantSpec())
	}
	for _, d := range changed {
		if settingAt(d.Path).apply(applied.Spec, &after); d.Path == pathCustomDomains {
			applyDomains(applied.Spec, before.CustomDomains, after.CustomDomains)
		}
	}
	if reflect.ValueOf(*applied.Spec).IsZero() {
		applied.Spec = nil // an applied empty spec would be a field that the portal owns, and no longer can extract
	}
	applied.WithUID(live.UID).WithResourceVersion(live.ResourceVersion)
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	if err := c.client.Apply(ctx, applied, client.FieldOwner(manager)); err != nil {
		return nil, 0, apiError("apply Tenant "+live.Name, err)
	}
	return changed, *applied.Generation, nil
}

// ownedFields returns the changed fields that other managers own.
func ownedFields(owners Owners, changed []Difference, domainsBefore, domainsAfter []string) []OwnedField {
	var owned []OwnedField
	for _, d := range changed {
		if manager := owners.Field(d.Path); manager != "" {
			owned = append(owned, OwnedField{Path: d.Path, Manager: manager})
		}
	}
	for _, host := range without(domainsBefore, domainsAfter) {
		if manager := owners.Domain(host); manager != "" {
			owned = append(owned, OwnedField{Path: pathCustomDomains, Item: host, Manager: manager})
		}
	}
	return owned
}

// compare returns the fields that were changed by the caller or by another user.
func compare(base, theirs, ours Settings) []ChangedField {
	var fields []ChangedField
	for _, s := range allSettings {
		f := ChangedField{Path: s.path, Base: s.text(&base), Theirs: s.text(&theirs), Ours: s.text(&ours)}
		if f.Base != f.Theirs || f.Base != f.Ours {
			fields = append(fields, f)
		}
	}
	return fields
}
