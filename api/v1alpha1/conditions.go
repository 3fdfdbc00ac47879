package v1alpha1

// Finalizer keeps a Tenant until its schema is dropped or turned into a tombstone, and a Platform until its Tenants
// are gone.
const Finalizer = "tenancy.echoblogs.io/finalizer"

// Annotations that the author of a Tenant may set.
const (
	// AnnotationOnTombstone says what to do when the Tenant's name has a tombstone: OnTombstoneRestore or
	// OnTombstoneFresh. Without it such a Tenant is Stalled.
	AnnotationOnTombstone = "tenancy.echoblogs.io/on-tombstone"
	// OnTombstoneRestore gives the Tenant its former schema back.
	OnTombstoneRestore = "Restore"
	// OnTombstoneFresh gives the Tenant an empty schema; the tombstone is kept for its retention under its own name.
	OnTombstoneFresh = "Fresh"

	// AnnotationAdoptSchema asks for a schema that was there before; the Platform has to list it. The value is the
	// number of the last migration that it has: "0" for one without our tables.
	AnnotationAdoptSchema = "tenancy.echoblogs.io/adopt-schema"

	// AnnotationRegistration is set by the public site on a Tenant that a registration made: the registration's id.
	AnnotationRegistration = "tenancy.echoblogs.io/registration"

	// AnnotationOnMissing, set to OnMissingRecreate, makes a schema that has vanished anew and empty.
	AnnotationOnMissing = "tenancy.echoblogs.io/on-missing-schema"
	// OnMissingRecreate makes the missing schema anew and empty.
	OnMissingRecreate = "Recreate"
)

// Condition types. Ready, Reconciling and Stalled are those of kstatus
// (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md); Reconciling and Stalled are there
// only while they are True.
const (
	// ConditionReady says that everything is as the spec says. A suspended Tenant is Ready.
	ConditionReady = "Ready"
	// ConditionReconciling says that the operator is working, or waiting for something that comes by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled says that somebody has to change something before the operator can go on.
	ConditionStalled = "Stalled"
	// ConditionDatabaseReady says that the schema is there with all of its migrations; of a Platform, that its
	// database can be used.
	ConditionDatabaseReady = "DatabaseReady"
	// ConditionDomainsReady says that every host name belongs to the Tenant.
	ConditionDomainsReady = "DomainsReady"
	// ConditionRouteReady says that the Ingress is there, with its certificates.
	ConditionRouteReady = "RouteReady"
	// ConditionServing says that the backend answered a request for the Tenant's host in the Tenant's name.
	ConditionServing = "Serving"
	// ConditionActive says that readers can read; it is False while the Tenant is suspended.
	ConditionActive = "Active"
)

// Reasons of conditions; events carry the same.
const (
	// ReasonSucceeded is the reason of Ready when all is well.
	ReasonSucceeded = "Succeeded"
	// ReasonProgressing is the reason of Reconciling while the operator works.
	ReasonProgressing = "Progressing"
	// ReasonDeleting says that the object is being deleted.
	ReasonDeleting = "Deleting"

	// ReasonPlatformNotFound says that the Platform that the Tenant names does not exist.
	ReasonPlatformNotFound = "PlatformNotFound"
	// ReasonPlatformNotReady says that the Platform's database cannot be used yet.
	ReasonPlatformNotReady = "PlatformNotReady"
	// ReasonPlatformChanged says that the Tenant was moved to another Platform, which cannot be done.
	ReasonPlatformChanged = "PlatformChanged"

	// ReasonSchemaReady says that the schema is there with all of its migrations.
	ReasonSchemaReady = "SchemaReady"
	// ReasonSchemaCreated is the reason of the event that tells of a new schema.
	ReasonSchemaCreated = "SchemaCreated"
	// ReasonSchemaRestored is the reason of the event that tells of a schema brought back from its tombstone.
	ReasonSchemaRestored = "SchemaRestored"
	// ReasonSchemaMigrated is the reason of the event that tells of migrations applied.
	ReasonSchemaMigrated = "SchemaMigrated"
	// ReasonSchemaTaken says that another Tenant has the schema.
	ReasonSchemaTaken = "SchemaTaken"
	// ReasonSchemaExists says that a schema of that name was there before and is not ours.
	ReasonSchemaExists = "SchemaExists"
	// ReasonSchemaMissing says that a schema of ours has vanished.
	ReasonSchemaMissing = "SchemaMissing"
	// ReasonSchemaNameInvalid says that the schema name cannot be used.
	ReasonSchemaNameInvalid = "SchemaNameInvalid"
	// ReasonNameHeld says that a name was freed less than a minute ago.
	ReasonNameHeld = "NameHeld"
	// ReasonTombstoneExists says that the data of a deleted Tenant of that name is still kept.
	ReasonTombstoneExists = "TombstoneExists"
	// ReasonSchemaRetained is the reason of the event that tells of a tombstone.
	ReasonSchemaRetained = "SchemaRetained"
	// ReasonSchemaDropped is the reason of the event that tells of a dropped schema.
	ReasonSchemaDropped = "SchemaDropped"
	// ReasonMigrationFailed says that a migration did not go through.
	ReasonMigrationFailed = "MigrationFailed"
	// ReasonDatabaseUnavailable says that the database does not answer, or refuses.
	ReasonDatabaseUnavailable = "DatabaseUnavailable"
	// ReasonDatabaseInUse says that the database serves another Platform.
	ReasonDatabaseInUse = "DatabaseInUse"
	// ReasonDatabaseReady says that the database can be used.
	ReasonDatabaseReady = "DatabaseReady"
	// ReasonDatabaseSecretInvalid says that the Secret of the database is missing or incomplete.
	ReasonDatabaseSecretInvalid = "DatabaseSecretInvalid"
	// ReasonRolesMissing says that the database roles are missing and the operator may not make them.
	ReasonRolesMissing = "RolesMissing"

	// ReasonDomainsReady says that every host name belongs to the Tenant.
	ReasonDomainsReady = "DomainsReady"
	// ReasonHostTaken says that another Tenant, or the public site, has the primary host.
	ReasonHostTaken = "HostTaken"
	// ReasonCustomDomainTaken says that another Tenant has one of the custom domains.
	ReasonCustomDomainTaken = "CustomDomainTaken"
	// ReasonCustomDomainRefused says that a custom domain is at or under a domain of the Platform.
	ReasonCustomDomainRefused = "CustomDomainRefused"
	// ReasonDomainNotListed says that the Platform does not list the Tenant's domain.
	ReasonDomainNotListed = "DomainNotListed"

	// ReasonIngressReady says that the Ingress is there, with its certificates.
	ReasonIngressReady = "IngressReady"
	// ReasonCertificatePending says that the Secret with the certificate is not there yet.
	ReasonCertificatePending = "CertificatePending"
	// ReasonIngressFailed says that the API server refused the Ingress.
	ReasonIngressFailed = "IngressFailed"
	// ReasonIngressNotOwned says that an Ingress of that name is there and is not ours.
	ReasonIngressNotOwned = "IngressNotOwned"
	// ReasonIngressRepaired is the reason of the event that tells of an Ingress put back.
	ReasonIngressRepaired = "IngressRepaired"

	// ReasonServing says that the backend answered for the Tenant.
	ReasonServing = "Serving"
	// ReasonProbeFailed says that the backend did not answer for the Tenant.
	ReasonProbeFailed = "ProbeFailed"
	// ReasonRegistryRepaired is the reason of the event that tells of rows put back.
	ReasonRegistryRepaired = "RegistryRepaired"

	// ReasonPaid says that the date paid until has not passed.
	ReasonPaid = "Paid"
	// ReasonGrace says that the date paid until has passed, and the grace period has not.
	ReasonGrace = "Grace"
	// ReasonPaymentDue says that the grace period has passed.
	ReasonPaymentDue = "PaymentDue"
	// ReasonSuspendedByHand says that spec.suspended is true.
	ReasonSuspendedByHand = "SuspendedByHand"
	// ReasonWaiting says that a layer waits for the ones before it.
	ReasonWaiting = "Waiting"
	// ReasonTenantsRemain says that a Platform's deletion waits for its Tenants.
	ReasonTenantsRemain = "TenantsRemain"
)
