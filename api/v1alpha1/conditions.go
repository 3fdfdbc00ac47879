package v1alpha1

// Finalizer keeps a Tenant until its schema is dropped or turned into a tombstone, and a Platform until its Tenants
// are deleted.
const Finalizer = "tenancy.echoblogs.io/finalizer"

// LabelServed of a namespace says that an operator serves it. Without it, an object there gets no condition and no event.
const LabelServed = "tenancy.echoblogs.io/served"

// Annotations that the author of a Tenant may set.
const (
	// AnnotationOnTombstone says what to do about a tombstone of the Tenant's name: see RestoreTombstone and FreshTombstone.
	// Without it, such a Tenant is Stalled. It does nothing once the Tenant has its schema, so that it may stay in a manifest.
	AnnotationOnTombstone = "tenancy.echoblogs.io/on-tombstone"

	// AnnotationAdoptSchema adopts an existing schema, which the Platform must list. The value is the version of the
	// schema: for the blog the number of its last migration, or 0 if it has none of the blog's tables.
	AnnotationAdoptSchema = "tenancy.echoblogs.io/adopt-schema"

	// AnnotationAdoptOrphan lets a Tenant have the live row of its name that another Tenant has left behind. The value is the
	// UID of that Tenant.
	AnnotationAdoptOrphan = "tenancy.echoblogs.io/adopt-orphan"

	// AnnotationFieldManagers holds the field managers of a Tenant that is being created again, until the API server has them:
	// the entries of managed fields as JSON. The program that creates the Tenant sets and removes it.
	AnnotationFieldManagers = "tenancy.echoblogs.io/field-managers"

	// AnnotationDeletion decides about the deletion of a Tenant: DeletionApproved or DeletionCancelled. Without it, the deletion
	// counts in spec.protection.maxDeletionsPerHour of the Platform, beyond which it is held.
	AnnotationDeletion = "tenancy.echoblogs.io/deletion"
	// DeletionApproved lets the deletion pass, however many there are. It may be set before the Tenant is deleted.
	DeletionApproved = "Approved"
	// DeletionCancelled removes the object and keeps all that belongs to it. The program that sets it creates the Tenant again.
	DeletionCancelled = "Cancelled"

	// AnnotationRegistration holds the id of the registration that created the Tenant. It is set by the public site.
	AnnotationRegistration = "tenancy.echoblogs.io/registration"

	// AnnotationOnMissing says what to do if the Tenant's schema is missing: OnMissingRecreate. Without it, such a
	// Tenant is Stalled.
	AnnotationOnMissing = "tenancy.echoblogs.io/on-missing-schema"
	// OnMissingRecreate creates an empty schema in place of the missing one.
	OnMissingRecreate = "Recreate"
)

// AnnotationTakeOver of a Platform lets it take over a database that serves the Platform of another cluster, or of an
// earlier namespace. The value is the UID of that Platform's namespace, which the condition DatabaseReady shows.
const AnnotationTakeOver = "tenancy.echoblogs.io/take-over"

// Condition types. Ready, Reconciling and Stalled follow kstatus
// (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md); Reconciling and Stalled are
// present only while they are True.
const (
	// ConditionReady says that the object is in the state that its spec describes. A suspended Tenant is Ready.
	ConditionReady = "Ready"
	// ConditionReconciling says that the operator is making progress, or waits for something that needs no action.
	ConditionReconciling = "Reconciling"
	// ConditionStalled says that the operator cannot continue until the user changes something.
	ConditionStalled = "Stalled"
	// ConditionDatabaseReady says of a Tenant that its schema exists, has all migrations and has all that the application
	// needs there, and of a Platform that its database is ready for use.
	ConditionDatabaseReady = "DatabaseReady"
	// ConditionDomainsReady says that every host belongs to the Tenant.
	ConditionDomainsReady = "DomainsReady"
	// ConditionRouteReady says that the Ingress exists and has its certificates.
	ConditionRouteReady = "RouteReady"
	// ConditionServing says that the backend serves the Tenant under every host.
	ConditionServing = "Serving"
	// ConditionBackendReady says of a Platform that the backend answers for its Tenants.
	ConditionBackendReady = "BackendReady"
	// ConditionOrphansFound says of a Platform that live rows of the registry have no Tenant. It is present only while True.
	ConditionOrphansFound = "OrphansFound"
	// ConditionDeletionsHeld says of a Platform that deletions of Tenants wait for a decision. It is present only while True.
	ConditionDeletionsHeld = "DeletionsHeld"
	// ConditionActive says that the Tenant is not suspended.
	ConditionActive = "Active"
)

// Reasons of conditions. Events carry the same reasons.
const (
	// ReasonSucceeded is the reason of Ready=True.
	ReasonSucceeded = "Succeeded"
	// ReasonProgressing is the reason of Reconciling.
	ReasonProgressing = "Progressing"
	// ReasonWaiting says that a condition waits for earlier steps.
	ReasonWaiting = "Waiting"

	// ReasonPlatformNotFound says that the Tenant's Platform does not exist.
	ReasonPlatformNotFound = "PlatformNotFound"
	// ReasonPlatformNotReady says that the database of the Tenant's Platform is not ready.
	ReasonPlatformNotReady = "PlatformNotReady"

	// ReasonSchemaReady says that the schema exists and has all migrations.
	ReasonSchemaReady = "SchemaReady"
	// ReasonSchemaTaken says that the schema belongs to another Tenant.
	ReasonSchemaTaken = "SchemaTaken"
	// ReasonSchemaNameMismatch says that the registry has another schema for the Tenant than its spec names.
	ReasonSchemaNameMismatch = "SchemaNameMismatch"
	// ReasonSchemaExists says that a schema of that name exists that belongs to no Tenant.
	ReasonSchemaExists = "SchemaExists"
	// ReasonAdoptionRefused says that the existing schema may not be adopted.
	ReasonAdoptionRefused = "AdoptionRefused"
	// ReasonAnnotationInvalid says that an annotation of the Tenant has a value without a meaning.
	ReasonAnnotationInvalid = "AnnotationInvalid"
	// ReasonSchemaMissing says that the Tenant's schema is missing from the database.
	ReasonSchemaMissing = "SchemaMissing"
	// ReasonSchemaNotOwned says that the schema, or a table in it, belongs to another database role than the operator's.
	ReasonSchemaNotOwned = "SchemaNotOwned"
	// ReasonTableMissing says that the schema lacks a table that the application needs.
	ReasonTableMissing = "TableMissing"
	// ReasonPrivilegesMissing says that the application's database role lacks a privilege that the operator could not grant.
	ReasonPrivilegesMissing = "PrivilegesMissing"
	// ReasonPrivilegesUnexpected says that a database role has a privilege on a public table that the operator could not revoke.
	ReasonPrivilegesUnexpected = "PrivilegesUnexpected"
	// ReasonSchemaNewer says that the schema has migrations that this version of the operator does not know.
	ReasonSchemaNewer = "SchemaNewer"
	// ReasonNameHeld says that a name was released less than a minute ago.
	ReasonNameHeld = "NameHeld"
	// ReasonTombstoneExists says that the data of a deleted Tenant of the same name is retained.
	ReasonTombstoneExists = "TombstoneExists"
	// ReasonOrphanExists says that another Tenant has left a live row of that name.
	ReasonOrphanExists = "OrphanExists"
	// ReasonRestorationRefused says that a tombstone belonged to another owner.
	ReasonRestorationRefused = "RestorationRefused"
	// ReasonMigrationFailed says that a migration failed and was rolled back.
	ReasonMigrationFailed = "MigrationFailed"
	// ReasonMigrationEdited says that a migration was edited after it was applied.
	ReasonMigrationEdited = "MigrationEdited"
	// ReasonDatabaseUnavailable says that the database does not answer or rejects requests.
	ReasonDatabaseUnavailable = "DatabaseUnavailable"
	// ReasonDatabaseInUse says that the database serves another Platform.
	ReasonDatabaseInUse = "DatabaseInUse"
	// ReasonDatabaseReady says that the database is ready for use.
	ReasonDatabaseReady = "DatabaseReady"
	// ReasonDatabaseSecretInvalid says that the Secret of the database is missing or incomplete.
	ReasonDatabaseSecretInvalid = "DatabaseSecretInvalid"
	// ReasonRolesMissing says that database roles are missing, or may not connect, and the operator may not change that.
	ReasonRolesMissing = "RolesMissing"
	// ReasonRolePrefixMismatch says that the user in the Secret is the operator of an installation with another role prefix.
	ReasonRolePrefixMismatch = "RolePrefixMismatch"

	// ReasonDomainsReady says that every host belongs to the Tenant.
	ReasonDomainsReady = "DomainsReady"
	// ReasonHostTaken says that the primary host belongs to another Tenant or to the public site.
	ReasonHostTaken = "HostTaken"
	// ReasonPublicHostTaken says that a host of the public site belongs to a Tenant.
	ReasonPublicHostTaken = "PublicHostTaken"
	// ReasonCustomDomainTaken says that a custom domain belongs to another Tenant.
	ReasonCustomDomainTaken = "CustomDomainTaken"
	// ReasonCustomDomainRefused says that a custom domain is at or under a domain of the Platform.
	ReasonCustomDomainRefused = "CustomDomainRefused"
	// ReasonCustomDomainNotListed says that the Platform serves only custom domains that it lists, and does not list this one.
	ReasonCustomDomainNotListed = "CustomDomainNotListed"
	// ReasonCustomDomainUnproven says that the TXT record that proves a custom domain was not found.
	ReasonCustomDomainUnproven = "CustomDomainUnproven"
	// ReasonDomainNotListed says that the Platform does not list the Tenant's domain.
	ReasonDomainNotListed = "DomainNotListed"

	// ReasonIngressReady says that the Ingress exists and has its certificates.
	ReasonIngressReady = "IngressReady"
	// ReasonRoutePending says that the ingress controller does not route a host to the Tenant yet.
	ReasonRoutePending = "RoutePending"
	// ReasonCertificatePending says that the Secret with the certificate does not exist yet.
	ReasonCertificatePending = "CertificatePending"
	// ReasonCertificateInvalid says that the certificate in the Secret does not cover a host, or is not valid now.
	ReasonCertificateInvalid = "CertificateInvalid"
	// ReasonIngressRejected says that the API server rejected the Ingress.
	ReasonIngressRejected = "IngressRejected"
	// ReasonIngressNotOwned says that an Ingress of that name exists and was not created by the operator.
	ReasonIngressNotOwned = "IngressNotOwned"

	// ReasonServing says that the backend serves the Tenant.
	ReasonServing = "Serving"
	// ReasonProbeFailed says that the backend does not serve the Tenant.
	ReasonProbeFailed = "ProbeFailed"
	// ReasonBackendReady says that the backend answers for the Platform's Tenants.
	ReasonBackendReady = "BackendReady"
	// ReasonBackendUnavailable says that the backend answers for none of the Platform's Tenants.
	ReasonBackendUnavailable = "BackendUnavailable"

	// ReasonPaid says that the last paid day has not ended.
	ReasonPaid = "Paid"
	// ReasonGrace says that the last paid day has ended and the grace period has not.
	ReasonGrace = "Grace"
	// ReasonPaymentDue says that the grace period has ended.
	ReasonPaymentDue = "PaymentDue"
	// ReasonSuspended says that spec.suspended is true.
	ReasonSuspended = "Suspended"

	// ReasonTerminating says that the Tenant is being deleted and is no longer served.
	ReasonTerminating = "Terminating"

	// ReasonDeletionHeld says that the Tenant is being deleted, and is still served, because too many were deleted within an
	// hour.
	ReasonDeletionHeld = "DeletionHeld"

	// ReasonOrphansSuspended says that the live rows without a Tenant are suspended.
	ReasonOrphansSuspended = "OrphansSuspended"
	// ReasonOrphansReported says that live rows without a Tenant are not suspended: they have just been found, or are so many
	// that the API server may have lost their Tenants.
	ReasonOrphansReported = "OrphansReported"

	// ReasonTenantsRemain says that the deletion of a Platform waits for its Tenants.
	ReasonTenantsRemain = "TenantsRemain"
)

// Reasons that only events have.
const (
	// ReasonSchemaCreated says that a missing schema was recreated.
	ReasonSchemaCreated = "SchemaCreated"
	// ReasonSchemaRestored says that a schema was restored from its tombstone.
	ReasonSchemaRestored = "SchemaRestored"
	// ReasonSchemaMigrated says that migrations were applied.
	ReasonSchemaMigrated = "SchemaMigrated"
	// ReasonSchemaRetained says that a schema became a tombstone.
	ReasonSchemaRetained = "SchemaRetained"
	// ReasonSchemaDropped says that a schema was dropped.
	ReasonSchemaDropped = "SchemaDropped"
	// ReasonDeletionCancelled says that the object is removed, and its schema, names and route are kept.
	ReasonDeletionCancelled = "DeletionCancelled"
	// ReasonDatabaseTakenOver says that a Platform has taken over its database from another installation.
	ReasonDatabaseTakenOver = "DatabaseTakenOver"
	// ReasonCustomDomainReleased says that a custom domain was released because its TXT record was absent for seven days.
	ReasonCustomDomainReleased = "CustomDomainReleased"
	// ReasonRegistryRepaired says that the Tenant's row in the registry had drifted and was repaired.
	ReasonRegistryRepaired = "RegistryRepaired"
	// ReasonPrivilegesRepaired says that privileges were missing in the Tenant's schema and were granted.
	ReasonPrivilegesRepaired = "PrivilegesRepaired"
	// ReasonIngressRepaired says that the Tenant's Ingress had drifted and was repaired.
	ReasonIngressRepaired = "IngressRepaired"
)
