package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// ensureDatabase reconciles the schema, the registry row and the domains with the Tenant's spec.
//
// Sets DatabaseReady and DomainsReady; see repairSchema. A name that belongs to another Tenant stalls it, except for a custom domain, which
// is left out. When the Tenant releases a name, the Tenants with a name conflict are requeued.
func (r *Reconciler) ensureDatabase(ctx context.Context, s *scope) error {
	have, err := r.findRow(ctx, s)
	if err != nil {
		return s.databaseError(err)
	}
	if err := s.ensureNotEnded(have); err != nil {
		return err
	}
	s.tenant.Status.Tombstones = nil
	var choice tombstoneChoice
	if have.State != tenancy.StateLive {
		if err := r.checkAnnotations(ctx, s); err != nil {
			return err
		}
		if choice, err = s.chooseTombstone(ctx, have); err != nil {
			return s.databaseError(err)
		}
		s.tenant.Status.Tombstones = nil // the choice is made
	}
	restore := choice.restore != 0
	if restore {
		if have, err = s.readTombstone(ctx, choice.restore); err != nil {
			return s.databaseError(err)
		}
	}
	if have.State == tenancy.StateLive {
		if err := s.checkOwnRow(have); err != nil {
			return err
		}
		if have, err = r.recordAnswers(ctx, s, have); err != nil {
			return s.databaseError(err)
		}
	}
	var known tenancy.Spec // belongs to the row: a later tenant of the same name inherits neither date nor proofs
	if have.State == tenancy.StateLive || restore {
		known = r.withAnswers(s, have)
		known.PaidUntilInSpec = known.PaidUntilInSpec && !restore // a restored tenant keeps its date
	}
	want, refused, err := desired.Row(s.platform, s.tenant, known)
	var notListed *desired.DomainNotListedError
	switch {
	case errors.As(err, &notListed) && have.State == tenancy.StateLive: // it keeps its host
		s.Degrade(domainNotListed(notListed))
	case errors.As(err, &notListed):
		return domainNotListed(notListed)
	case err != nil:
		return err
	}
	switch {
	case have.State == tenancy.StateLive:
		want.Redirects = desired.Redirects(s.platform, have.Spec, want, s.now)
		err = r.updateDatabase(ctx, s, have, want)
	case restore:
		err = r.restoreDatabase(ctx, s, have, want)
	default:
		err = r.createDatabase(ctx, s, want, choice.fresh)
	}
	if err != nil {
		return s.databaseError(err)
	}
	r.watchRecords(s)
	if err := r.repairSchema(ctx, s); err != nil {
		return s.databaseError(err)
	}
	return s.reportDomains(ctx, want, refused)
}

// findRow reads the Tenant's row, and inspects its schema if that is due: when the check of all Tenants has requested it,
// and until DatabaseReady is True. If there is no row, it returns one whose state is empty.
func (r *Reconciler) findRow(ctx context.Context, s *scope) (tenancy.Tenant, error) {
	requested := r.Requeuer.TakeInspection(client.ObjectKeyFromObject(s.tenant))
	if requested || s.tenant.Status.SchemaVersion != "" && !s.IsTrue(v1alpha1.ConditionDatabaseReady) {
		return readRow(ctx, s, s.store.Inspect)
	}
	return readRow(ctx, s, s.store.FindPrefetched)
}

func readRow(ctx context.Context, s *scope, find func(context.Context, string) (tenancy.Tenant, error)) (tenancy.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	row, err := find(ctx, s.tenant.Name)
	if errors.Is(err, tenancy.ErrNotFound) {
		return tenancy.Tenant{}, nil
	}
	return row, err
}

// readBack reads the row, and inspects its schema, after a change.
func (s *scope) readBack(ctx context.Context) error {
	row, err := readRow(ctx, s, s.store.Inspect)
	if err == nil && row.State != tenancy.StateLive {
		err = fmt.Errorf("registry row of tenant %s changed during the update", s.tenant.Name)
	}
	s.row = row
	return err
}

// createDatabase creates row, domains and schema in one transaction. It refuses if the Tenant had a schema before: missing
// data is reported, never silently replaced.
func (r *Reconciler) createDatabase(ctx context.Context, s *scope, want tenancy.Spec, fresh bool) error {
	if s.tenant.Status.SchemaVersion != "" && !fresh && !mayRecreate(s.tenant) {
		return schemaMissing(want.SchemaName)
	}
	adopt, version, err := s.adoption(want.SchemaName)
	if err != nil {
		return err
	}
	live, err := r.readNewest(ctx, s) // nobody would end what is created for a Tenant that is gone
	if err != nil {
		return err
	}
	object, err := desired.Object(live)
	if err != nil {
		return err
	}
	o := tenancy.CreateOptions{Object: object, Fresh: fresh, Adopt: adopt, AdoptVersion: version}
	if err := s.store.Create(ctx, want, o, s.now); err != nil {
		creationsFailed.Inc()
		return err
	}
	creationsSucceeded.Inc()
	s.needsProbe, s.schemaCreated = true, true
	if len(s.tenant.Spec.CustomDomains) > 0 { // some may belong to another Tenant, or need a proof
		return s.readBack(ctx)
	}
	s.row = tenancy.Tenant{Spec: want, ObjectDigest: object.Digest, State: tenancy.StateLive, SchemaVersion: s.app.Latest(), SchemaExists: true}
	return nil
}

// adoption returns whether the Tenant adopts an existing schema, and the schema's version. It returns a *step.Error if the
// Platform does not allow it.
func (s *scope) adoption(name string) (adopt bool, version string, err error) {
	value, found := s.tenant.Annotations[v1alpha1.AnnotationAdoptSchema]
	if !found {
		return false, "", nil
	}
	if version, err = s.app.ParseVersion(value); err != nil {
		return false, "", adoptionRefused(fmt.Sprintf("The annotation %s must be the version of the schema %q: %s.", v1alpha1.AnnotationAdoptSchema, name, err))
	}
	if !slices.Contains(s.platform.Spec.Database.AdoptableSchemas, name) {
		return false, "", adoptionRefused(fmt.Sprintf("The Platform %q does not list the schema %q as adoptable.", s.platform.Name, name))
	}
	return true, version, nil
}

// restoreDatabase restores the schema from its tombstone.
func (r *Reconciler) restoreDatabase(ctx context.Context, s *scope, have tenancy.Tenant, want tenancy.Spec) error {
	if _, err := r.readNewest(ctx, s); err != nil {
		return err
	}
	if err := s.store.Restore(ctx, want, have.ID, s.now); err != nil {
		return err
	}
	s.needsProbe, s.schemaCreated = true, true
	r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaRestored, "Restore", fmt.Sprintf("Restored schema %s from %s.", want.SchemaName, have.TombstoneSchema))
	if err := s.readBack(ctx); err != nil {
		return err
	}
	return r.migrate(ctx, s)
}

func mayRecreate(t *v1alpha1.Tenant) bool {
	return t.Annotations[v1alpha1.AnnotationOnMissing] == v1alpha1.OnMissingRecreate
}
