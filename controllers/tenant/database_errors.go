package tenant

import (
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// databaseError turns an error of the store into the error of a step.
func (s *scope) databaseError(err error) error {
	var (
		stopped   *step.Error
		taken     *tenancy.NameTakenError
		migration *tenancy.MigrationError
		defective *tenancy.DefectsError
		inUse     *tenancy.InUseError
	)
	switch {
	case errors.As(err, &stopped):
		return stopped
	case errors.As(err, &taken):
		return nameTaken(taken, s.now)
	case errors.Is(err, tenancy.ErrConflict): // another operator writes the same row
		return step.SkipStatus(requeue.ConflictRetry)
	case errors.Is(err, tenancy.ErrSchemaExists):
		return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaExists,
			"A schema with that name exists but belongs to no Tenant. It is left unchanged.")
	case errors.As(err, &inUse): // the Platform reports it, too, and requeues its Tenants when it has the database again
		return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonDatabaseInUse, diagnosis.DescribeInUse(inUse))
	case errors.As(err, &defective):
		return s.schemaDefective(defective.Defects)
	case errors.Is(err, tenancy.ErrNewer):
		return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaNewer,
			"The schema has migrations of a newer version of the operator.")
	case errors.As(err, &migration) && !postgres.Unavailable(err):
		return step.Transient(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonMigrationFailed,
			migrationFailed(migration), err)
	}
	return step.Transient(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonDatabaseUnavailable, postgres.Explain(err), err)
}

// nameTaken reports who has a name without which the Tenant cannot be created.
func nameTaken(e *tenancy.NameTakenError, now time.Time) *step.Error {
	if !e.HeldUntil.IsZero() {
		return step.Waiting(conditionOf(e.Kind), v1alpha1.ReasonNameHeld,
			fmt.Sprintf("The %s %q was released less than a minute ago and is held until %s.", e.Kind, e.Name, e.HeldUntil.UTC().Format(time.RFC3339)),
			untilFree(e, now))
	}
	if e.Kind == tenancy.TenantName && e.Tombstone {
		return step.SkipStatus(requeue.ConflictRetry) // it has become one since the row was read
	}
	reason := v1alpha1.ReasonSchemaTaken
	if e.Kind == tenancy.HostName {
		reason = v1alpha1.ReasonHostTaken
	}
	return step.Stalled(conditionOf(e.Kind), reason,
		fmt.Sprintf("The %s %q belongs to %s.", e.Kind, e.Name, ownerPhrase(e)))
}

// customDomainTaken says who has a custom domain. If it is held until freeAt, it also returns the time until then. owner is
// nil if the domain has been released since.
func customDomainTaken(host string, owner *tenancy.NameTakenError, freeAt, now time.Time) (domainProblem, time.Duration) {
	switch {
	case owner == nil:
		return domainProblem{v1alpha1.ReasonNameHeld, fmt.Sprintf("The custom domain %q has just been released.", host)}, time.Second
	case !freeAt.IsZero():
		return domainProblem{v1alpha1.ReasonNameHeld,
			fmt.Sprintf("The custom domain %q was released less than a minute ago and is held until %s.", host, freeAt.UTC().Format(time.RFC3339))}, max(freeAt.Sub(now), time.Second)
	}
	return domainProblem{v1alpha1.ReasonCustomDomainTaken, fmt.Sprintf("The custom domain %q belongs to %s.", host, ownerPhrase(owner))}, 0
}

// untilFree returns the time until a held name is free.
func untilFree(e *tenancy.NameTakenError, now time.Time) time.Duration {
	return max(e.HeldUntil.Sub(now), time.Second)
}

func ownerPhrase(e *tenancy.NameTakenError) string {
	switch {
	case e.Owner == "" && e.Kind == tenancy.HostName:
		return "the public site"
	case e.Owner == "":
		return "another Tenant"
	case e.Tombstone:
		return fmt.Sprintf("the deleted Tenant %q, whose data is retained", e.Owner)
	}
	return fmt.Sprintf("the Tenant %q", e.Owner)
}

func schemaMissing(name string) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaMissing,
		fmt.Sprintf("The Tenant's schema %q is missing from the database.", name))
}

// schemaDefective says what the application needs in the schema and lacks. The check of all Tenants requeues the Tenant
// until that is mended.
func (s *scope) schemaDefective(defects []tenancy.Defect) *step.Error {
	reason, problem := diagnosis.DescribeDefects(s.platform, defects)
	return step.Stalled(v1alpha1.ConditionDatabaseReady, reason, problem)
}

func adoptionRefused(problem string) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonAdoptionRefused, problem)
}

func conditionOf(kind tenancy.NameKind) string {
	if kind == tenancy.HostName {
		return v1alpha1.ConditionDomainsReady
	}
	return v1alpha1.ConditionDatabaseReady
}

func migrationFailed(e *tenancy.MigrationError) string {
	if e.Statement == "" {
		return fmt.Sprintf("The migrations to version %s failed and were rolled back. %s", e.To, postgres.Explain(e))
	}
	return fmt.Sprintf("The migrations to version %s failed at %s, and were rolled back. %s", e.To, e.Statement, postgres.Explain(e))
}
