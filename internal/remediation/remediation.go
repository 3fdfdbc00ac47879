// Package remediation says what to do about a condition, by its reason. It is the only place for such texts: the operator
// appends them to the messages of conditions and events, the staff pages show them, and docs/operations.md lists them.
package remediation

import (
	"fmt"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// remedies are in the order in which docs/operations.md lists them. A reason that is missing needs no action.
var remedies = []struct{ reason, text string }{
	{v1alpha1.ReasonPlatformNotFound, "Create the Platform in the Tenant's namespace, or create the Tenant with another spec.platformRef."},
	{v1alpha1.ReasonPlatformNotReady, "Check the Platform's conditions: kubectl describe platform NAME."},
	{v1alpha1.ReasonDatabaseUnavailable, "The operator retries, at least every 30 seconds."},
	{v1alpha1.ReasonDatabaseSecretInvalid, "Correct the Secret that the Platform's spec.database.secretRef names."},
	{v1alpha1.ReasonDatabaseInUse, "Use a separate database for this Platform. If the message has a UID and this Platform is to replace the other one, annotate it with " +
		v1alpha1.AnnotationTakeOver + "=UID: the operator of the other one writes nothing from then on."},
	{v1alpha1.ReasonRolesMissing, "Run the output of the command in the message as an administrator of the database."},
	{v1alpha1.ReasonRolePrefixMismatch, "Put the user with the Platform's prefix into the Secret, after you have run the output of the command in the message as an " +
		"administrator of the database; or create another Platform with the other spec.database.rolePrefix."},
	{v1alpha1.ReasonSchemaTaken, "Create the Tenant with another name or spec.schemaName, or wait until the schema is released."},
	{v1alpha1.ReasonSchemaNameMismatch, "Create the Tenant with the spec.schemaName that the registry has."},
	{v1alpha1.ReasonSchemaExists, "Create the Tenant with another spec.schemaName, drop the schema, or adopt it."},
	{v1alpha1.ReasonAdoptionRefused, "List the schema in the Platform's spec.database.adoptableSchemas and set the annotation " + v1alpha1.AnnotationAdoptSchema +
		" to the schema's version, or remove the annotation."},
	{v1alpha1.ReasonAnnotationInvalid, "Remove the annotation. " + v1alpha1.AnnotationOnTombstone + " can be " + v1alpha1.OnTombstoneRestore + "/ID with one of the IDs in status.tombstones, or " +
		v1alpha1.OnTombstoneFresh + "/ID with the first of them; " + v1alpha1.AnnotationOnMissing + " can be " + v1alpha1.OnMissingRecreate + "; " +
		v1alpha1.AnnotationDeletion + " can be " + v1alpha1.DeletionApproved + ", or " + v1alpha1.DeletionCancelled + " while the Tenant is being deleted."},
	{v1alpha1.ReasonSchemaMissing, "Restore the schema from a backup. To start with an empty schema, annotate the Tenant with " +
		v1alpha1.AnnotationOnMissing + "=" + v1alpha1.OnMissingRecreate + "."},
	{v1alpha1.ReasonSchemaNotOwned, "Run the statement in the message as an administrator of the database. The operator continues within a minute."},
	{v1alpha1.ReasonTableMissing, "Rename the table back, or restore the schema from a backup: see docs/backup.md. The operator continues within a minute."},
	{v1alpha1.ReasonPrivilegesMissing, "Run the statement in the message as an administrator of the database. The operator continues within a minute."},
	{v1alpha1.ReasonPrivilegesUnexpected, "Run the statement in the message as an administrator of the database. The operator continues within a minute."},
	{v1alpha1.ReasonTombstoneExists, "To restore the data, annotate the Tenant with " + v1alpha1.AnnotationOnTombstone + "=" + v1alpha1.OnTombstoneRestore +
		"/ID. To start with an empty schema, annotate it with " + v1alpha1.AnnotationOnTombstone + "=" + v1alpha1.OnTombstoneFresh + "/ID, with the first of the IDs."},
	{v1alpha1.ReasonOrphanExists, "If the Tenant is to have that data, run \"kubectl echoblogs orphans recreate NAME\", or annotate it with " + v1alpha1.AnnotationAdoptOrphan + "=UID, the UID in the message, or list the schema in the " +
		"Platform's spec.database.adoptableSchemas. Otherwise create it with another name."},
	{v1alpha1.ReasonRestorationRefused, "Create the Tenant with the owner of the tombstone, or list the schema of the tombstone in the Platform's spec.database.adoptableSchemas."},
	{v1alpha1.ReasonNameHeld, "No action is needed: the Tenant gets the name when the hold ends."},
	{v1alpha1.ReasonMigrationFailed, "The operator retries. If the migration fails again, check the operator's log and repair the migration."},
	{v1alpha1.ReasonMigrationEdited, "Restore the migration file, and make the change in a new file."},
	{v1alpha1.ReasonSchemaNewer, "Upgrade the operator."},
	{v1alpha1.ReasonHostTaken, "Create the Tenant with another name or spec.domain, or wait until the host is released."},
	{v1alpha1.ReasonPublicHostTaken, "Delete those Tenants, or choose other hosts for the public site."},
	{v1alpha1.ReasonCustomDomainTaken, "Remove the custom domain from this Tenant or from the other one. The other hosts are served."},
	{v1alpha1.ReasonCustomDomainRefused, "Remove it from spec.customDomains. The other hosts are served."},
	{v1alpha1.ReasonCustomDomainNotListed, "Add it to the Platform's spec.routing.allowedCustomDomains, or remove it from spec.customDomains. The other hosts are served."},
	{v1alpha1.ReasonCustomDomainUnproven, "Create the TXT record in the domain's DNS; the operator looks for it at least every 15 minutes. Or remove the domain from spec.customDomains. The other hosts are served."},
	{v1alpha1.ReasonDomainNotListed, "Add the domain to the Platform's spec.domains, or choose one of the listed domains."},
	{v1alpha1.ReasonRoutePending, "No action is needed if it lasts seconds. Otherwise check that the Platform's spec.routing.ingressAddress is the ingress controller of its class, and the log of that."},
	{v1alpha1.ReasonCertificatePending, "If the certificate is not issued within minutes, check that DNS points to the ingress controller, and check cert-manager."},
	{v1alpha1.ReasonCertificateInvalid, "Put a valid certificate for the host into that Secret. If cert-manager issues it, check its Certificate. The operator continues within a minute."},
	{v1alpha1.ReasonIngressRejected, "Follow the API server's message, which may come from the admission webhook of the ingress controller."},
	{v1alpha1.ReasonIngressNotOwned, "Delete or rename that Ingress."},
	{v1alpha1.ReasonProbeFailed, "Check that the backend's pods run and reach the database, and that the operator can reach their Service."},
	{v1alpha1.ReasonBackendUnavailable, "Check that the backend's pods run and reach the database, and that the operator can reach their Service."},
	{v1alpha1.ReasonGrace, "Once the Tenant is paid for, set a new date in spec.paidUntil."},
	{v1alpha1.ReasonPaymentDue, "Once the Tenant is paid for, set a new date in spec.paidUntil."},
	{v1alpha1.ReasonSuspended, "To resume it, set spec.suspended to false."},
	{v1alpha1.ReasonOrphansSuspended, "Create their Tenants again with \"kubectl echoblogs orphans recreate NAME\", or turn them into tombstones with \"kubectl echoblogs orphans retire NAME\". \"kubectl echoblogs orphans\" lists all."},
	{v1alpha1.ReasonOrphansReported, "Create their Tenants again with \"kubectl echoblogs orphans recreate NAME\", or turn them into tombstones with \"kubectl echoblogs orphans retire NAME\". \"kubectl echoblogs orphans\" lists all."},
	{v1alpha1.ReasonDeletionHeld, "To let the deletion pass, run \"kubectl echoblogs deletions approve NAME\"; to keep the Tenant, \"kubectl echoblogs deletions cancel NAME\"."},
	{v1alpha1.ReasonTenantsRemain, "Delete the Platform's Tenants."},
}

// For returns what to do about a reason, or "" if no action is needed.
func For(reason string) string {
	for _, remedy := range remedies {
		if remedy.reason == reason {
			return remedy.text
		}
	}
	return ""
}

// Append returns the message of a condition: what is wrong, followed by what to do about its reason.
func Append(reason, problem string) string {
	if remedy := For(reason); remedy != "" {
		return problem + " " + remedy
	}
	return problem
}

// Split returns the two parts of a message that Append has made.
func Split(reason, message string) (problem, remedy string) {
	remedy = For(reason)
	return strings.TrimSpace(strings.TrimSuffix(message, remedy)), remedy
}

// Markdown returns the table of docs/operations.md.
func Markdown() string {
	var table strings.Builder
	table.WriteString("| reason | what to do |\n| --- | --- |\n")
	for _, remedy := range remedies {
		fmt.Fprintf(&table, "| %s | %s |\n", remedy.reason, remedy.text)
	}
	return table.String()
}
