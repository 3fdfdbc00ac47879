package portal

import "github.com/echoblogs/echoblogs/api/v1alpha1"

// advice says what staff can do about a condition, by its reason. docs/operations.md says the same to those who have
// kubectl. A reason that is missing here needs nobody.
var advice = map[string]string{
	v1alpha1.ReasonProgressing:           "The operator is working on it. Load the page again in a few seconds.",
	v1alpha1.ReasonDeleting:              "Wait until its data is kept or dropped. If that takes longer than a minute, look at the database and at the operator's log.",
	v1alpha1.ReasonPlatformNotFound:      "Create the Platform that the Tenant names, in the same namespace.",
	v1alpha1.ReasonPlatformNotReady:      "The Platform's database cannot be used: kubectl describe platform says why.",
	v1alpha1.ReasonPlatformChanged:       "Name the former Platform again in the Tenant's manifest; to move a blog, export it and create a Tenant there.",
	v1alpha1.ReasonSchemaTaken:           "Another Tenant has the schema. Delete this Tenant and create it under another name, or delete the other one and wait a minute.",
	v1alpha1.ReasonSchemaExists:          "A schema of that name was in the database before, and is left untouched. Create the Tenant under another name, or have the schema adopted.",
	v1alpha1.ReasonSchemaMissing:         "Restore the schema from a backup. To begin with an empty blog, annotate the Tenant with " + v1alpha1.AnnotationOnMissing + "=" + v1alpha1.OnMissingRecreate + ".",
	v1alpha1.ReasonSchemaNameInvalid:     "Delete the Tenant and create it with another name.",
	v1alpha1.ReasonNameHeld:              "Wait: a name that was freed is held for a minute, and then taken by itself.",
	v1alpha1.ReasonTombstoneExists:       "The data of a deleted blog of this name is kept. Annotate the Tenant with " + v1alpha1.AnnotationOnTombstone + "=" + v1alpha1.OnTombstoneRestore + " to have it back, or =" + v1alpha1.OnTombstoneFresh + " to begin with an empty blog.",
	v1alpha1.ReasonMigrationFailed:       "Nothing of the migration has happened. Read the message and the operator's log, and repair the migration.",
	v1alpha1.ReasonDatabaseUnavailable:   "The operator tries again by itself, at least every 30 seconds. Look at the database when it does not come back.",
	v1alpha1.ReasonDatabaseInUse:         "Give the Platform a database of its own.",
	v1alpha1.ReasonDatabaseSecretInvalid: "Repair the Secret that the Platform names for its database.",
	v1alpha1.ReasonRolesMissing:          "Have an administrator of the database run what \"operator bootstrap-sql\" prints.",
	v1alpha1.ReasonHostTaken:             "Another Tenant has the host. Delete this Tenant and create it under another name, or delete the other one and wait a minute.",
	v1alpha1.ReasonCustomDomainTaken:     "Remove the custom domain below, or at the Tenant that has it; the other hosts are served.",
	v1alpha1.ReasonCustomDomainRefused:   "Remove the custom domain below: the Platform's own domains are given out as names, not as custom domains.",
	v1alpha1.ReasonDomainNotListed:       "Add the domain to the Platform's spec.domains, or name one of those in the Tenant's manifest.",
	v1alpha1.ReasonCertificatePending:    "The certificate is not there yet. If it does not come within minutes, see that DNS leads here, and look at cert-manager.",
	v1alpha1.ReasonIngressFailed:         "The message is the API server's, or that of the ingress controller's admission webhook: do what it says.",
	v1alpha1.ReasonIngressNotOwned:       "Somebody else made an Ingress of that name. Delete or rename it.",
	v1alpha1.ReasonProbeFailed:           "See that the blog's pods run, and that the operator can reach their Service.",
	v1alpha1.ReasonGrace:                 "Readers can still read; the owner cannot write. Set a new date once it is paid for.",
	v1alpha1.ReasonPaymentDue:            "Readers are told that the blog is suspended. Set a new date once it is paid for.",
	v1alpha1.ReasonSuspendedByHand:       "Resume it below when the cause is gone.",
	v1alpha1.ReasonWaiting:               "It waits for what stands before it in this list.",
	v1alpha1.ReasonTenantsRemain:         "Delete the Platform's Tenants first.",
}

// phaseWords say what a phase means.
var phaseWords = map[v1alpha1.TenantPhase]string{
	v1alpha1.TenantPending:      "waits for something that comes by itself",
	v1alpha1.TenantProvisioning: "is being made",
	v1alpha1.TenantActive:       "is served and paid for",
	v1alpha1.TenantGrace:        "payment is due; readers can read, the owner cannot write",
	v1alpha1.TenantSuspended:    "is not shown to readers; nothing is lost",
	v1alpha1.TenantTerminating:  "is being deleted",
	v1alpha1.TenantFailed:       "somebody has to change something",
}

// conditionWords name conditions for people, in the order in which they are shown.
var conditionWords = []struct{ kind, words string }{
	{v1alpha1.ConditionReady, "All is as asked for"},
	{v1alpha1.ConditionReconciling, "Work goes on"},
	{v1alpha1.ConditionStalled, "Somebody has to act"},
	{v1alpha1.ConditionDatabaseReady, "The database is ready"},
	{v1alpha1.ConditionDomainsReady, "The host names are its own"},
	{v1alpha1.ConditionRouteReady, "The route is there"},
	{v1alpha1.ConditionServing, "The blog answers"},
	{v1alpha1.ConditionActive, "Readers can read"},
}
