package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PlatformSpec configures a platform: where its Tenants are served, where their data is stored, and their defaults.
type PlatformSpec struct {
	// domains are the parent domains: a Tenant is served at NAME.DOMAIN. The first one is the default.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="lists one domain twice: remove the duplicate"
	Domains []ParentDomain `json:"domains,omitempty"`

	// publicURL is the address of the public site, such as https://example.com or http://localhost:8000. Its scheme and
	// port are used for every address in status, pages and feeds.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[a-z0-9.-]+(:[0-9]{1,5})?/?$')",message="must be an address such as https://example.com or http://localhost:8000, without a path"
	PublicURL string `json:"publicURL,omitempty"`

	// publicHosts are the host names of the public site. No Tenant can take them. Empty: the host of publicURL.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	PublicHosts []ParentDomain `json:"publicHosts,omitempty"`

	// database holds the registry and the Tenants' schemas. One database serves one Platform.
	// +required
	Database DatabaseSpec `json:"database,omitempty,omitzero"`

	// backend is the Service that serves every Tenant.
	// +required
	Backend ServiceReference `json:"backend,omitempty,omitzero"`

	// portal is the Service of the public site. Empty: the backend serves the hosts that belong to no Tenant.
	// +optional
	Portal *ServiceReference `json:"portal,omitempty"`

	// routing configures how requests reach the backend. Empty: one Ingress per Tenant, of the cluster's default class.
	// +optional
	Routing *RoutingSpec `json:"routing,omitempty"`

	// defaults apply to Tenants whose specs leave the field empty.
	// +optional
	Defaults *TenantDefaults `json:"defaults,omitempty"`

	// protection keeps a mistake from ending many Tenants. Empty: its defaults.
	// +optional
	Protection *ProtectionSpec `json:"protection,omitempty"`

	// registration says who may sign up on the public site. Empty: Open.
	// +optional
	Registration RegistrationMode `json:"registration,omitempty"`

	// contact is the address of support: an email address, such as mailto:help@example.com, or a page, such as
	// https://example.com/help. The pages of the public site and of blogs link to it, and emails name it. Empty: none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule="self.matches('^mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*$') || self.matches('^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?$')",message="must be an email address or a page, such as mailto:help@example.com or https://example.com/help"
	Contact string `json:"contact,omitempty"`

	// site is what the public site says about the host of the blogs. Empty: it has the name EchoBlogs and no further facts.
	// +optional
	Site *SiteSpec `json:"site,omitempty"`
}

// ParentDomain is a host name in lower case under which Tenants are served.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=200
// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue() && !self.matches('(^|[.])([0-9]+|0x[0-9a-f]*)$') && self.split('.').all(label, size(label) <= 63)",message="must be a host name in lower case such as blogs.example.com, without a scheme, a port or a trailing dot"
type ParentDomain string

// DatabaseSpec configures the connection to the database.
//
// +kubebuilder:validation:XValidation:rule="(has(self.rolePrefix) ? self.rolePrefix : 'echoblogs') == (has(oldSelf.rolePrefix) ? oldSelf.rolePrefix : 'echoblogs')",fieldPath=".rolePrefix",message="rolePrefix cannot be changed after creation: create another Platform"
type DatabaseSpec struct {
	// secretRef names the Secret that holds the connection, in the Platform's namespace: the key "uri", or the keys
	// that CloudNativePG writes (host, port, dbname, user, password).
	// +required
	SecretRef SecretReference `json:"secretRef,omitempty,omitzero"`

	// caSecretRef names a Secret in the Platform's namespace whose key "ca.crt" holds the certificate of the authority that
	// signed the server's, in PEM format. With it, connections use TLS and verify the certificate, whatever sslmode says: as
	// with verify-ca if it says that, and as with verify-full otherwise. Empty: the authorities of the operator's image.
	// +optional
	CASecretRef *SecretReference `json:"caSecretRef,omitempty"`

	// engine is the kind of server. Empty: PostgreSQL.
	// +optional
	Engine DatabaseEngine `json:"engine,omitempty"`

	// rolePrefix is the start of the names of the database roles: PREFIX_operator, PREFIX_portal and PREFIX_blog. Platforms
	// whose databases are on one server need different ones. It cannot be changed after creation. Empty: echoblogs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=48
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9_]*[a-z0-9])?$') && self != 'pg' && !self.startsWith('pg_')",message="must consist of lowercase letters, digits and underscores, such as blogs_staging; it must begin with a letter, not end with an underscore, and not be pg or begin with pg_"
	RolePrefix string `json:"rolePrefix,omitempty"`

	// adoptableSchemas are existing schemas that a Tenant may adopt with the annotation
	// tenancy.echoblogs.io/adopt-schema.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=48
	AdoptableSchemas []string `json:"adoptableSchemas,omitempty"`
}

// DatabaseEngine is the kind of server.
//
// +kubebuilder:validation:Enum=PostgreSQL;Citus
type DatabaseEngine string

// The engines.
const (
	// PostgreSQL is a single PostgreSQL server.
	PostgreSQL DatabaseEngine = "PostgreSQL"
	// Citus is a Citus cluster with schema-based sharding.
	Citus DatabaseEngine = "Citus"
)

// SecretReference names a Secret in the same namespace.
type SecretReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// ServiceReference names a Service in the same namespace.
type ServiceReference struct {
	// name of the Service.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// port of the Service. Empty: 80.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
}

// RoutingMode says which Ingresses are created.
//
// +kubebuilder:validation:Enum=PerTenant;Wildcard
type RoutingMode string

// The routing modes.
const (
	// RoutePerTenant creates one Ingress per Tenant, with all of its hosts.
	RoutePerTenant RoutingMode = "PerTenant"
	// RouteWildcard creates one Ingress for *.DOMAIN, and one for each Tenant that has custom domains.
	RouteWildcard RoutingMode = "Wildcard"
)

// RoutingSpec configures how requests reach the backend.
//
// +kubebuilder:validation:MinProperties=1
type RoutingSpec struct {
	// mode says which Ingresses are created. Empty: PerTenant.
	// +optional
	Mode RoutingMode `json:"mode,omitempty"`

	// ingressClassName is the class of every Ingress. Empty: the cluster's default class.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	IngressClassName string `json:"ingressClassName,omitempty"`

	// annotations are added to every Ingress, such as cert-manager.io/cluster-issuer.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=32
	Annotations map[string]string `json:"annotations,omitempty"`

	// tls enables HTTPS. Empty: plain HTTP.
	// +optional
	TLS *TLSSpec `json:"tls,omitempty"`

	// customDomains says which custom domains of Tenants are served: Verified, those of allowedCustomDomains and those whose
	// owner has created the TXT record that the Tenant's condition DomainsReady names; Listed, only those of
	// allowedCustomDomains; Any, all, but one without such a record goes to another Tenant that has one, and owners cannot log
	// in there. Empty: Verified.
	// +optional
	CustomDomains CustomDomainPolicy `json:"customDomains,omitempty"`

	// allowedCustomDomains are the custom domains that any Tenant may have without a TXT record: host names such as
	// www.alice.org, and patterns such as *.alice.org for every host below alice.org.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	AllowedCustomDomains []CustomDomainPattern `json:"allowedCustomDomains,omitempty"`

	// redirectOldHostsDays is the number of days for which the former address of a Tenant redirects to its new one, after its
	// domain or the default one has changed. 0: it does not. Empty: 30.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=3650
	RedirectOldHostsDays *int32 `json:"redirectOldHostsDays,omitempty"`

	// ingressAddress is where the ingress controller answers inside of the cluster, as HOST:PORT: its port for HTTPS if tls is
	// set. RouteReady of a Tenant then waits until a request for its hosts there reaches it, and a change of mode from Wildcard
	// to PerTenant interrupts no Tenant. Empty: RouteReady says that the Ingress exists.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=259
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?:[1-9][0-9]{0,4}$') && int(self.split(':')[1]) <= 65535",message="must be a host and a port, such as traefik.traefik.svc:80"
	IngressAddress string `json:"ingressAddress,omitempty"`

	// catchAll routes all hosts that no other Ingress names to the public site, which says that there is no blog and offers the
	// name if it is free. Only one Ingress of an ingress controller can do so, whatever it belongs to. Empty: false, so the
	// ingress controller answers for these hosts.
	// +optional
	CatchAll *bool `json:"catchAll,omitempty"`
}

// CustomDomainPolicy says which custom domains are served.
//
// +kubebuilder:validation:Enum=Verified;Listed;Any
type CustomDomainPolicy string

// The policies for custom domains.
const (
	// CustomDomainsVerified serves custom domains that the Platform lists, and those that are proven by a TXT record.
	CustomDomainsVerified CustomDomainPolicy = "Verified"
	// CustomDomainsListed serves custom domains that the Platform lists.
	CustomDomainsListed CustomDomainPolicy = "Listed"
	// CustomDomainsAny serves all custom domains.
	CustomDomainsAny CustomDomainPolicy = "Any"
)

// CustomDomainPattern is a full host name in lower case, or *. and one, for every host below it.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self.startsWith('*.') ? self.substring(2) : self).hasValue() && self.contains('.') && !self.matches('(^|[.])([0-9]+|0x[0-9a-f]*)$') && self.split('.').all(label, size(label) <= 63)",message="must be a full host name in lower case such as www.alice.org, or a pattern such as *.alice.org"
type CustomDomainPattern string

// TLSSpec configures certificates.
type TLSSpec struct {
	// wildcardSecretName names the Secret with a certificate for *.DOMAIN, and for DOMAIN if that is a host of the public
	// site. Empty: every Ingress has its own Secret, INGRESS-tls, which a controller such as cert-manager creates. Custom
	// domains, and hosts of the public site elsewhere, always have their own Secrets, INGRESS.HASH-tls.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	WildcardSecretName string `json:"wildcardSecretName,omitempty"`
}

// TenantDefaults apply to Tenants whose specs leave the field empty.
//
// +kubebuilder:validation:MinProperties=1
type TenantDefaults struct {
	// paidPeriodDays is the number of days for which a new Tenant without paidUntil is paid. Empty: 365.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=36500
	PaidPeriodDays *int32 `json:"paidPeriodDays,omitempty"`

	// trialDays is the number of days that a new Tenant on trial without paidUntil has. Empty: paidPeriodDays.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=36500
	TrialDays *int32 `json:"trialDays,omitempty"`

	// graceDays is the number of days after paidUntil before the Tenant is suspended. Empty: 14.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=3650
	GraceDays *int32 `json:"graceDays,omitempty"`

	// retentionDays is the number of days for which the data of a deleted Tenant is kept if its deletionPolicy is
	// Retain. Empty: 30.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=3650
	RetentionDays *int32 `json:"retentionDays,omitempty"`

	// limits apply to Tenants whose specs leave them empty. Empty: no limits, except for Tenants on trial.
	// +optional
	Limits *Limits `json:"limits,omitempty"`

	// trialLimits replace limits for Tenants on trial. Empty: the same as limits, and 1000 posts and 100Mi if those are
	// empty, too.
	// +optional
	TrialLimits *Limits `json:"trialLimits,omitempty"`
}

// ProtectionSpec keeps a mistake, such as a pipeline that prunes too much, from ending many Tenants.
//
// +kubebuilder:validation:MinProperties=1
type ProtectionSpec struct {
	// maxDeletionsPerHour is how many Tenants may end within an hour. Further ones that are deleted are served until their
	// deletions are approved or cancelled, or this limit is raised. Tenants that were never served, and approved deletions,
	// such as those that owners confirm on the public site, do not count. Empty: the larger of 10 and 5 % of the Tenants.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	MaxDeletionsPerHour *int32 `json:"maxDeletionsPerHour,omitempty"`
}

// RegistrationMode says who may sign up on the public site.
//
// +kubebuilder:validation:Enum=Open;Invite;Closed
type RegistrationMode string

// The registration modes.
const (
	// RegistrationOpen lets anyone sign up.
	RegistrationOpen RegistrationMode = "Open"
	// RegistrationInvite requires a registration code, which staff create.
	RegistrationInvite RegistrationMode = "Invite"
	// RegistrationClosed disables sign-ups.
	RegistrationClosed RegistrationMode = "Closed"
)

// Platform is an installation that serves Tenants: its domains, database, backend and defaults.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=pf,categories=echoblogs
// +kubebuilder:printcolumn:name="Domain",type=string,JSONPath=`.spec.domains[0]`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Tenants",type=integer,JSONPath=`.status.tenants.total`
// +kubebuilder:printcolumn:name="Provisioning",type=integer,JSONPath=`.status.tenants.provisioning`
// +kubebuilder:printcolumn:name="Active",type=integer,JSONPath=`.status.tenants.active`
// +kubebuilder:printcolumn:name="Grace",type=integer,JSONPath=`.status.tenants.grace`
// +kubebuilder:printcolumn:name="Suspended",type=integer,JSONPath=`.status.tenants.suspended`
// +kubebuilder:printcolumn:name="Terminating",type=integer,JSONPath=`.status.tenants.terminating`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.tenants.failed`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.schemaVersion`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="use a name of at most 63 lowercase letters, digits and hyphens, beginning and ending with a letter or digit, such as default"
type Platform struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state.
	// +required
	Spec PlatformSpec `json:"spec,omitempty,omitzero"`

	// status is the observed state.
	// +default={"observedGeneration": -1}
	// +optional
	Status PlatformStatus `json:"status,omitempty,omitzero"`
}

// PlatformList is a list of Platforms.
//
// +kubebuilder:object:root=true
type PlatformList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the Platforms.
	Items []Platform `json:"items"`
}
