package controllers

import (
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// nameTaken says who has a name without which the Tenant cannot be made.
func nameTaken(e *registry.TakenError, now time.Time) *halt {
	if !e.HeldUntil.IsZero() {
		return &halt{
			condition: conditionOf(e.Kind), reason: v1alpha1.ReasonNameHeld, retryAfter: max(e.HeldUntil.Sub(now), time.Second),
			message: fmt.Sprintf("The %s %q was freed less than a minute ago and is held until %s.", e.Kind, e.Name, e.HeldUntil.UTC().Format(time.RFC3339)),
		}
	}
	if e.Kind == registry.TenantName && e.Tombstone {
		return tombstoneExists(registry.Tenant{Spec: registry.Spec{Name: e.Name}})
	}
	h := &halt{condition: conditionOf(e.Kind), reason: v1alpha1.ReasonSchemaTaken, stalled: true}
	if e.Kind == registry.HostName {
		h.reason = v1alpha1.ReasonHostTaken
	}
	h.message = fmt.Sprintf("The %s %q belongs to %s: choose another one, or wait until it is free.", e.Kind, e.Name, ownerPhrase(e))
	return h
}

func customDomainTaken(host string, e *registry.TakenError, now time.Time) *halt {
	h := &halt{condition: v1alpha1.ConditionDomainsReady, reason: v1alpha1.ReasonCustomDomainTaken, stalled: true}
	switch {
	case e == nil:
		h.stalled, h.retryAfter = false, time.Second
		h.message = fmt.Sprintf("The custom domain %q became free a moment ago and is taken next.", host)
	case !e.HeldUntil.IsZero():
		h.stalled, h.retryAfter = false, max(e.HeldUntil.Sub(now), time.Second)
		h.message = fmt.Sprintf("The custom domain %q was freed less than a minute ago and is held until %s.", host, e.HeldUntil.UTC().Format(time.RFC3339))
	default:
		h.message = fmt.Sprintf("The custom domain %q belongs to %s; the other hosts are served. Remove it here, or there.", host, ownerPhrase(e))
	}
	return h
}

func ownerPhrase(e *registry.TakenError) string {
	switch {
	case e.Owner == "" && e.Kind == registry.HostName:
		return "the public site"
	case e.Owner == "":
		return "another Tenant"
	case e.Tombstone:
		return fmt.Sprintf("the deleted Tenant %q, whose data is still kept", e.Owner)
	}
	return fmt.Sprintf("the Tenant %q", e.Owner)
}

func tombstoneExists(row registry.Tenant) *halt {
	message := fmt.Sprintf("The data of a deleted Tenant %q is still kept", row.Name)
	if !row.PurgeAt.IsZero() {
		message += " until " + row.PurgeAt.UTC().Format(time.RFC3339)
	}
	return &halt{
		condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonTombstoneExists, stalled: true,
		message: message + fmt.Sprintf(": annotate this Tenant with %s=%s to have it back, or =%s to begin with an empty blog.",
			v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore, v1alpha1.OnTombstoneFresh),
	}
}

func schemaMissing(name string) *halt {
	return &halt{
		condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonSchemaMissing, stalled: true,
		message: fmt.Sprintf("The schema %q, which this Tenant had, is not in the database: restore it from a backup, or annotate this Tenant with %s=%s to begin with an empty blog.",
			name, v1alpha1.AnnotationOnMissing, v1alpha1.OnMissingRecreate),
	}
}

func schemaExists(message string) *halt {
	return &halt{condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonSchemaExists, stalled: true, message: message}
}

func conditionOf(kind registry.NameKind) string {
	if kind == registry.HostName {
		return v1alpha1.ConditionDomainsReady
	}
	return v1alpha1.ConditionDatabaseReady
}
