package tenant

import (
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// databaseError turns an error of the store into the error of a step.
func (s *scope) databaseError(err error) error {
	var (
		stopped   *step.Error
		taken     *tenancy.NameTakenError
		migration *tenancy.MigrationError
	)
	switch {
	case errors.As(err, &stopped):
		return stopped
	case errors.As(err, &taken):
		return nameTaken(taken, s.now)
	case errors.Is(err, tenancy.ErrConflict): // another operator writes the same row
		return step.SkipStatus(conflictRetry)
	case errors.Is(err, tenancy.ErrSchemaExists):
		return schemaExists("A schema of that name was in the database before and is left untouched: create the Tenant with another spec.schemaName, or remove the schema.")
	case errors.Is(err, tenancy.ErrNewer):
		return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonMigrationFailed,
			"The schema has migrations of a newer version of EchoBlogs: upgrade the operator.")
	case errors.As(err, &migration) && !postgres.Unavailable(err):
		return step.Transient(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonMigrationFailed,
			fmt.Sprintf("The migrations from version %d to %d did not go through, and nothing of them has happened. %s", migration.From, migration.To, postgres.Explain(err)), err)
	}
	return step.Transient(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonDatabaseUnavailable, postgres.Explain(err), err)
}

// nameTaken reports who has a name without which the Tenant cannot be created.
func nameTaken(e *tenancy.NameTakenError, now time.Time) *step.Error {
	if !e.HeldUntil.IsZero() {
		return step.Waiting(conditionOf(e.Kind), v1alpha1.ReasonNameHeld,
			fmt.Sprintf("The %s %q was freed less than a minute ago and is held until %s.", e.Kind, e.Name, e.HeldUntil.UTC().Format(time.RFC3339)),
			untilFree(e, now))
	}
	if e.Kind == tenancy.TenantName && e.Tombstone {
		return tombstoneExists(tenancy.Tenant{Spec: tenancy.Spec{Name: e.Name}})
	}
	reason := v1alpha1.ReasonSchemaTaken
	if e.Kind == tenancy.HostName {
		reason = v1alpha1.ReasonHostTaken
	}
	return step.Stalled(conditionOf(e.Kind), reason,
		fmt.Sprintf("The %s %q belongs to %s: choose another one, or wait until it is free.", e.Kind, e.Name, ownerPhrase(e)))
}

// customDomainTaken reports who has a custom domain. E is nil if nobody has it any more.
func customDomainTaken(host string, e *tenancy.NameTakenError, now time.Time) *step.Error {
	switch {
	case e == nil:
		return step.Waiting(v1alpha1.ConditionDomainsReady, v1alpha1.ReasonCustomDomainTaken,
			fmt.Sprintf("The custom domain %q became free a moment ago and is taken next.", host), time.Second)
	case !e.HeldUntil.IsZero():
		return step.Waiting(v1alpha1.ConditionDomainsReady, v1alpha1.ReasonCustomDomainTaken,
			fmt.Sprintf("The custom domain %q was freed less than a minute ago and is held until %s.", host, e.HeldUntil.UTC().Format(time.RFC3339)),
			untilFree(e, now))
	}
	return step.Stalled(v1alpha1.ConditionDomainsReady, v1alpha1.ReasonCustomDomainTaken,
		fmt.Sprintf("The custom domain %q belongs to %s; the other hosts are served. Remove it here, or there.", host, ownerPhrase(e)))
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
		return fmt.Sprintf("the deleted Tenant %q, whose data is still kept", e.Owner)
	}
	return fmt.Sprintf("the Tenant %q", e.Owner)
}

func tombstoneExists(row tenancy.Tenant) *step.Error {
	message := fmt.Sprintf("The data of a deleted Tenant %q is still kept", row.Name)
	if !row.PurgeAt.IsZero() {
		message += " until " + row.PurgeAt.UTC().Format(time.RFC3339)
	}
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonTombstoneExists,
		message+fmt.Sprintf(": annotate this Tenant with %s=%s to have it back, or =%s to begin with an empty blog.",
			v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore, v1alpha1.OnTombstoneFresh))
}

func schemaMissing(name string) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaMissing,
		fmt.Sprintf("The schema %q, which this Tenant had, is not in the database: restore it from a backup, or annotate this Tenant with %s=%s to begin with an empty blog.",
			name, v1alpha1.AnnotationOnMissing, v1alpha1.OnMissingRecreate))
}

func schemaExists(message string) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaExists, message)
}

func conditionOf(kind tenancy.NameKind) string {
	if kind == tenancy.HostName {
		return v1alpha1.ConditionDomainsReady
	}
	return v1alpha1.ConditionDatabaseReady
}
