package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// updateDatabase migrates the schema of a live row and updates what differs in the registry. What protects people is written
// first: it does not wait for a schema or a host. A Tenant that cannot get its primary host keeps the one that it has.
func (r *Reconciler) updateDatabase(ctx context.Context, s *scope, have tenancy.Tenant, want tenancy.Spec) error {
	s.row = have
	if err := r.updateRow(ctx, s, protected(have.Spec, want)); err != nil {
		return err
	}
	if have.SchemaName != want.SchemaName {
		return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaNameMismatch,
			fmt.Sprintf("The registry has the schema %q for this Tenant, but its spec names %q.", have.SchemaName, want.SchemaName))
	}
	if !s.row.SchemaExists {
		if err := r.recreateSchema(ctx, s); err != nil {
			return err
		}
	}
	if err := r.migrate(ctx, s); err != nil {
		return err
	}
	err := r.updateRow(ctx, s, want)
	var taken *tenancy.NameTakenError
	if errors.As(err, &taken) && taken.Kind == tenancy.HostName {
		s.Degrade(nameTaken(taken, s.now))
		return nil
	}
	return err
}

// protected returns the row that a Tenant has, with its UID and the wanted owner, dates, suspension and limits.
func protected(have, want tenancy.Spec) tenancy.Spec {
	have.UID, have.Owner, have.Limits = want.UID, want.Owner, want.Limits
	have.PaidUntil, have.PaidUntilInSpec = want.PaidUntil, want.PaidUntilInSpec
	have.SuspendAt, have.SuspensionReason = want.SuspendAt, want.SuspensionReason
	return have
}

// updateRow updates what differs in the registry, and reads the row again.
func (r *Reconciler) updateRow(ctx context.Context, s *scope, want tenancy.Spec) error {
	differing, err := s.differingFields(ctx, s.row.Spec, want)
	if err != nil || len(differing) == 0 {
		return err
	}
	if _, err := r.readNewest(ctx, s); err != nil {
		return err
	}
	drifted := r.isDrift(s) && !s.newProofs
	switch {
	case slices.Equal(differing, []string{customDomainsField}) && !s.hostsChanged(): // another Tenant has released one
		drifted = false
	case slices.Contains(differing, redirectsField):
		drifted, s.redirectsChanged = false, true
	}
	if err := s.store.Update(ctx, want, s.row.UpdatedAt, s.now); err != nil {
		return err
	}
	if drifted {
		registryRepairs.Inc()
		r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonRegistryRepaired, "Repair", fmt.Sprintf("Repaired the registry, which had drifted: %s.", status.Quote(differing)))
	}
	s.needsProbe = true
	r.requeueNameConflicts(ctx, s.tenant)
	for _, owner := range s.formerOwners {
		r.Requeuer.Requeue(client.ObjectKey{Namespace: s.tenant.Namespace, Name: owner})
	}
	return s.readBack(ctx)
}

// recreateSchema creates an empty schema in place of a missing one, if the Tenant's annotation requests it.
func (r *Reconciler) recreateSchema(ctx context.Context, s *scope) error {
	if !mayRecreate(s.tenant) {
		return schemaMissing(s.row.SchemaName)
	}
	if err := s.store.Recreate(ctx, s.row.Name); err != nil {
		return err
	}
	r.recordEvent(s.tenant, corev1.EventTypeWarning, v1alpha1.ReasonSchemaCreated, "Recreate", fmt.Sprintf("Recreated the missing schema %s, empty.", s.row.SchemaName))
	s.needsProbe = true
	return s.readBack(ctx)
}

// migrate applies pending migrations.
func (r *Reconciler) migrate(ctx context.Context, s *scope) error {
	if s.app.Compare(s.row.SchemaVersion, s.app.Latest()) >= 0 {
		return nil // up to date, or migrated by a newer operator, whose tables an older application can still read
	}
	before, err := s.store.Migrate(ctx, s.row.Name, s.row.SchemaName)
	if err != nil {
		return err
	}
	s.needsProbe = true
	if after := s.app.Latest(); s.app.Compare(before, after) < 0 {
		r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaMigrated, "Migrate", fmt.Sprintf("Migrated schema %s from version %s to %s.", s.row.SchemaName, before, after))
	}
	return s.readBack(ctx)
}

// customDomainsField is the name of the field that the Tenants of a Platform compete for.
const customDomainsField = "custom domains"

// redirectsField is the name of the field that changes when a redirect ends.
const redirectsField = "redirects"

// differingFields returns the names of the fields that have to change in the registry.
func (s *scope) differingFields(ctx context.Context, have, want tenancy.Spec) ([]string, error) {
	customDomains, err := s.customDomainsDiffer(ctx, have, want)
	if err != nil {
		return nil, err
	}
	var fields []string
	for _, field := range []struct {
		name    string
		differs bool
	}{
		{"display name", have.DisplayName != want.DisplayName},
		{"UID", have.UID != want.UID},
		{"owner", have.Owner != want.Owner},
		{"primary host", have.PrimaryHost != want.PrimaryHost},
		{"paid until", !have.PaidUntil.Equal(want.PaidUntil) || have.PaidUntilInSpec != want.PaidUntilInSpec},
		{"suspension", !have.SuspendAt.Equal(want.SuspendAt) || have.SuspensionReason != want.SuspensionReason},
		{"limits", !have.Limits.Equal(want.Limits)},
		{customDomainsField, customDomains},
		{redirectsField, !tenancy.EqualRedirects(have.Redirects, want.Redirects)},
	} {
		if field.differs {
			fields = append(fields, field.name)
		}
	}
	return fields, nil
}

// readNewest reads the Tenant past the cache, unless this reconcile has just written it. It stops the reconcile if the cache lags
// the API server: the registry may then differ because another operator has written a newer spec, or has ended the Tenant, whose
// deletion is a new generation, too. Together with the condition in Update, this keeps an operator from overwriting a newer spec
// with an older one.
func (r *Reconciler) readNewest(ctx context.Context, s *scope) (*v1alpha1.Tenant, error) {
	if s.isNewest {
		return s.tenant, nil
	}
	live, err := r.readLive(ctx, s.tenant)
	if err == nil && (live == nil || live.UID != s.tenant.UID || live.Generation != s.tenant.Generation) {
		err = step.SkipStatus(requeue.ConflictRetry)
	}
	return live, err
}

// readLive reads a Tenant past the cache. It returns nil if there is none.
func (r *Reconciler) readLive(ctx context.Context, tenant *v1alpha1.Tenant) (*v1alpha1.Tenant, error) {
	var live v1alpha1.Tenant
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(tenant), &live)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, step.SkipStatusOn(fmt.Errorf("read Tenant %s past the cache: %w", tenant.Name, err))
	}
	return &live, nil
}
