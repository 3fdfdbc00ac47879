package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/schema"
)

// queryTimeout bounds one look at the registry.
const queryTimeout = 10 * time.Second

// ensureDatabase brings the schema, the registry row and the domains to what the Tenant says.
//
// Sets DatabaseReady and DomainsReady. A name that another Tenant has stops it (Stalled), except for custom domains:
// those are left out and the rest goes on. Who releases a name wakes those who wait for it.
func (r *TenantReconciler) ensureDatabase(ctx context.Context, s *tenantScope) error {
	have, err := findRow(ctx, s)
	if err != nil {
		return s.databaseHalt(err)
	}
	onTombstone := s.tenant.Annotations[v1alpha1.AnnotationOnTombstone]
	restore := have.State == registry.Tombstone && onTombstone == v1alpha1.OnTombstoneRestore
	fresh := have.State == registry.Tombstone && onTombstone == v1alpha1.OnTombstoneFresh
	var paidUntil time.Time // goes on with the row, but not from one tenant to the next of its name
	if have.State == registry.Live || restore {
		paidUntil = have.PaidUntil
	}
	want, refused, err := desiredRow(s.platform, s.tenant, paidUntil)
	if err != nil {
		return err
	}
	switch {
	case have.State == registry.Live:
		err = r.keepDatabase(ctx, s, have, want)
	case restore:
		err = r.restoreDatabase(ctx, s, have, want)
	case have.State == registry.Tombstone && !fresh:
		err = tombstoneExists(have)
	default:
		err = r.createDatabase(ctx, s, want, fresh)
	}
	if err != nil {
		return s.databaseHalt(err)
	}
	s.set(v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, v1alpha1.ReasonSchemaReady,
		fmt.Sprintf("Schema %s is at version %d.", s.row.SchemaName, s.row.SchemaVersion))
	return r.reportDomains(ctx, s, want, refused)
}

// findRow reads the Tenant's row. The state is empty where there is none.
func findRow(ctx context.Context, s *tenantScope) (registry.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	row, err := registry.Find(ctx, s.store.Pool(), s.tenant.Name)
	if errors.Is(err, registry.ErrNoTenant) {
		return registry.Tenant{}, nil
	}
	return row, err
}

// createDatabase makes everything at once. It refuses to where the Tenant had a schema before: what has vanished is
// not made again empty without its author's word.
func (r *TenantReconciler) createDatabase(ctx context.Context, s *tenantScope, want registry.Spec, fresh bool) error {
	if s.tenant.Status.SchemaVersion > 0 && !fresh && !mayRecreate(s.tenant) {
		return schemaMissing(want.SchemaName)
	}
	adopt, version, err := adoption(s, want.SchemaName)
	if err != nil {
		return err
	}
	creationsTried.Inc()
	o := schema.CreateOptions{Fresh: fresh, Adopt: adopt, AdoptVersion: version}
	if err := s.store.Create(ctx, want, o, s.now); err != nil {
		creationsFailed.Inc()
		return err
	}
	creationsSucceeded.Inc()
	s.changed, s.made = true, true
	if len(want.CustomHosts) > 0 { // some may have turned out to be taken
		return s.readBack(ctx)
	}
	s.row = registry.Tenant{Spec: want, State: registry.Live, SchemaVersion: s.store.Latest(), SchemaExists: true}
	return nil
}

// adoption reads whether the author wants a schema that was there before, and whether the Platform allows it.
func adoption(s *tenantScope, name string) (adopt bool, version int32, err error) {
	value, asked := s.tenant.Annotations[v1alpha1.AnnotationAdoptSchema]
	if !asked {
		return false, 0, nil
	}
	number, err := strconv.ParseInt(value, 10, 32)
	if err != nil || number < 0 {
		return false, 0, schemaExists(fmt.Sprintf("The annotation %s has to be the number of the last migration that the schema %q has: 0 for one without our tables.", v1alpha1.AnnotationAdoptSchema, name))
	}
	if !slices.Contains(s.platform.Spec.Database.AdoptableSchemas, name) {
		return false, 0, schemaExists(fmt.Sprintf("The Platform %q does not list %q in spec.database.adoptableSchemas: add it there, or remove the annotation %s.", s.platform.Name, name, v1alpha1.AnnotationAdoptSchema))
	}
	return true, int32(number), nil
}

// restoreDatabase brings a tombstone back.
func (r *TenantReconciler) restoreDatabase(ctx context.Context, s *tenantScope, have registry.Tenant, want registry.Spec) error {
	if err := s.store.Restore(ctx, want, s.now); err != nil {
		return err
	}
	s.changed, s.made = true, true
	r.event(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaRestored, "Restore", fmt.Sprintf("Restored schema %s from %s.", want.SchemaName, have.TombstoneSchema))
	if err := s.readBack(ctx); err != nil {
		return err
	}
	return r.migrate(ctx, s)
}

// keepDatabase repairs what differs from the registry, and migrates.
func (r *TenantReconciler) keepDatabase(ctx context.Context, s *tenantScope, have registry.Tenant, want registry.Spec) error {
	if have.SchemaName != want.SchemaName {
		return &halt{
			condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonSchemaTaken, stalled: true,
			message: fmt.Sprintf("The registry has the schema %q for a Tenant of this name: create the Tenant with spec.schemaName %q.", have.SchemaName, have.SchemaName),
		}
	}
	s.row = have
	if !have.SchemaExists {
		if !mayRecreate(s.tenant) {
			return schemaMissing(have.SchemaName)
		}
		if err := s.store.Recreate(ctx, have.Name); err != nil {
			return err
		}
		r.event(s.tenant, corev1.EventTypeWarning, v1alpha1.ReasonSchemaCreated, "Recreate", fmt.Sprintf("Schema %s had vanished and was made anew, empty.", have.SchemaName))
		s.row.SchemaVersion, s.row.SchemaExists, s.changed = s.store.Latest(), true, true
	}
	if err := r.migrate(ctx, s); err != nil {
		return err
	}
	differs, err := differingFields(ctx, s, have.Spec, want)
	if err != nil || len(differs) == 0 {
		return err
	}
	if s.changed { // just now, by the lines above
		if err := s.readBack(ctx); err != nil {
			return err
		}
	}
	if err := r.ensureNewest(ctx, s); err != nil {
		return err
	}
	if err := s.store.Update(ctx, want, s.row.UpdatedAt, s.now); err != nil {
		return err
	}
	if r.isDrift(s) {
		registryRepairs.Inc()
		r.event(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonRegistryRepaired, "Repair", fmt.Sprintf("The registry differed and was brought in line: %s.", quoteAll(differs)))
	}
	s.changed = true
	r.wakeWaiting(ctx, s.tenant)
	return s.readBack(ctx)
}

// ensureNewest ends the reconcile where the cache is behind the API server: a registry that differs may then say what the
// newest spec says, by the word of another operator. With the condition of Update, no operator writes what is older than
// what it finds.
func (r *TenantReconciler) ensureNewest(ctx context.Context, s *tenantScope) error {
	live, err := r.readLive(ctx, s.tenant)
	if err == nil && (live == nil || live.UID != s.tenant.UID || live.Generation != s.tenant.Generation) {
		err = &halt{undecided: true, retryAfter: conflictRetry}
	}
	return err
}

// readLive reads a Tenant past the cache. It is nil where there is none.
func (r *TenantReconciler) readLive(ctx context.Context, tenant *v1alpha1.Tenant) (*v1alpha1.Tenant, error) {
	var live v1alpha1.Tenant
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(tenant), &live)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, &halt{undecided: true, cause: fmt.Errorf("read Tenant %s past the cache: %w", tenant.Name, err)}
	}
	return &live, nil
}

func (r *TenantReconciler) migrate(ctx context.Context, s *tenantScope) error {
	if s.row.SchemaVersion >= s.store.Latest() {
		return nil // up to date, or ahead: made by a newer operator, whose tables the older blog still reads
	}
	before, err := s.store.Migrate(ctx, s.row.Name, s.row.SchemaName)
	if err != nil {
		return err
	}
	s.row.SchemaVersion, s.changed = s.store.Latest(), true
	if before < s.row.SchemaVersion {
		r.event(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaMigrated, "Migrate", fmt.Sprintf("Migrated schema %s from version %d to %d.", s.row.SchemaName, before, s.row.SchemaVersion))
	}
	return nil
}

// differingFields names what the registry has to change. A custom domain that another Tenant holds is not a
// difference: there is nothing to be done about it.
func differingFields(ctx context.Context, s *tenantScope, have, want registry.Spec) ([]string, error) {
	var fields []string
	differ := func(name string, yes bool) {
		if yes {
			fields = append(fields, name)
		}
	}
	differ("display name", have.DisplayName != want.DisplayName)
	differ("owner", have.Owner != want.Owner)
	differ("primary host", have.PrimaryHost != want.PrimaryHost)
	differ("paid until", !have.PaidUntil.Equal(want.PaidUntil))
	differ("suspension", !have.SuspendAt.Equal(want.SuspendAt))
	differ("limits", !have.Limits.Equal(want.Limits))
	surplus := slices.ContainsFunc(have.CustomHosts, func(host string) bool { return !slices.Contains(want.CustomHosts, host) })
	for _, host := range missing(want.CustomHosts, have.CustomHosts) {
		owner, err := ownerOfHost(ctx, s, host)
		if err != nil {
			return nil, err
		}
		surplus = surplus || owner == nil || owner.Owner == s.tenant.Name || !owner.HeldUntil.IsZero() && !s.now.Before(owner.HeldUntil)
	}
	differ("custom domains", surplus)
	return fields, nil
}

// readBack reads the row after a change.
func (s *tenantScope) readBack(ctx context.Context) error {
	row, err := findRow(ctx, s)
	if err == nil && row.State != registry.Live {
		err = fmt.Errorf("the row of tenant %s changed while it was written", s.tenant.Name)
	}
	s.row = row
	return err
}

// reportDomains sets DomainsReady, and degrades it for custom domains that are refused or taken.
func (r *TenantReconciler) reportDomains(ctx context.Context, s *tenantScope, want registry.Spec, refused []string) error {
	if len(refused) > 0 {
		s.degrade(&halt{
			condition: v1alpha1.ConditionDomainsReady, reason: v1alpha1.ReasonCustomDomainRefused, stalled: true,
			message: fmt.Sprintf("A custom domain may not be at or under a domain of the Platform: remove %s.", quoteAll(refused)),
		})
		return nil
	}
	for _, host := range missing(want.CustomHosts, s.row.CustomHosts) {
		owner, err := ownerOfHost(ctx, s, host)
		if err != nil {
			return s.databaseHalt(err)
		}
		s.degrade(customDomainTaken(host, owner, s.now))
	}
	if s.degraded == nil {
		s.set(v1alpha1.ConditionDomainsReady, metav1.ConditionTrue, v1alpha1.ReasonDomainsReady, fmt.Sprintf("Belongs to this Tenant: %s.", quoteAll(s.hosts())))
	}
	return nil
}

func ownerOfHost(ctx context.Context, s *tenantScope, host string) (*registry.TakenError, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	return registry.OwnerOfHost(ctx, s.store.Pool(), host)
}

func missing(want, have []string) []string {
	var left []string
	for _, host := range want {
		if !slices.Contains(have, host) {
			left = append(left, host)
		}
	}
	return left
}

func mayRecreate(t *v1alpha1.Tenant) bool {
	return t.Annotations[v1alpha1.AnnotationOnMissing] == v1alpha1.OnMissingRecreate
}

// databaseHalt turns what a store has returned into a condition.
func (s *tenantScope) databaseHalt(err error) error {
	var (
		stopped   *halt
		taken     *registry.TakenError
		migration *schema.MigrationError
	)
	switch {
	case errors.As(err, &stopped):
		return stopped
	case errors.As(err, &taken):
		return nameTaken(taken, s.now)
	case errors.Is(err, registry.ErrRace): // another operator works on the same Tenant
		return &halt{undecided: true, retryAfter: conflictRetry}
	case errors.Is(err, schema.ErrSchemaExists):
		return schemaExists("A schema of that name was in the database before and is left untouched: create the Tenant with another spec.schemaName, or remove the schema.")
	case errors.Is(err, schema.ErrNewer):
		return &halt{
			condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonMigrationFailed, stalled: true,
			message: "The schema has migrations of a newer version of EchoBlogs: upgrade the operator.",
		}
	case errors.As(err, &migration) && !postgres.Unavailable(err):
		return &halt{
			condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonMigrationFailed, cause: err,
			message: fmt.Sprintf("The migrations from version %d to %d did not go through, and nothing of them has happened. %s", migration.From, migration.To, postgres.Explain(err)),
		}
	}
	return &halt{condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonDatabaseUnavailable, message: postgres.Explain(err), cause: err}
}
