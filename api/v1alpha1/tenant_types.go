package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TenantSpec is the desired state of a Tenant. Only its author writes it: a field that is left empty stays empty, and
// status shows the effective value.
type TenantSpec struct {
	// platformRef names the Tenant's Platform, in the same namespace. Empty: the one named "default".
	// +optional
	PlatformRef PlatformReference `json:"platformRef,omitempty,omitzero"`

	// displayName is the title of the blog until its owner sets one. Empty: the Tenant's name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^(?:[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2065}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FDD0}-\x{FDEF}\x{FFA0}\x{FFF0}-\x{FFFC}\x{FFFE}\x{FFFF}\x{16FE4}\x{1D159}\x{1FFFE}\x{1FFFF}\x{2FFFE}\x{2FFFF}\x{3FFFE}-\x{10FFFF}]|[\x{A9}\x{AE}\x{203C}\x{2049}\x{2122}\x{2139}\x{3030}\x{303D}\x{3297}\x{3299}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}|[0-9#*]\x{FE0F}\x{20E3}|[\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}?(?:[\x{200C}\x{200D}][\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}?)+)*$')`,message="use text on one line, without control characters, changes of direction or invisible characters"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'[\p{L}\p{N}\p{P}\p{S}]')`,message="use at least one visible character"
	DisplayName string `json:"displayName,omitempty"`

	// schemaName is the Postgres schema that holds the Tenant's tables. Empty: the Tenant's name with "-" replaced by
	// "_". It is immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=48
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9_]+$')",message="use only lowercase letters, digits and underscores, such as john_doe"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('pg_') && !self.startsWith('deleted_')",message="schema names that start with pg_ or deleted_ are reserved: choose another one"
	// +kubebuilder:validation:XValidation:rule=`!(self.replace("_", "") in ['2fa','abuse','account','accountrecovery','accounts','accountsecurity','acme','admin','administration','administrator','administrators','alert','alerts','api','app','assets','auth','authentication','authorize','autoconfig','autodiscover','bank','billing','blog','blogs','bounce','bounces','broadcasthost','ca','caldav','carddav','cdn','cert','certificate','certs','changepassword','checkout','ci','citus','citusinternal','columnar','columnarinternal','compliance','confirm','console','contact','controlpanel','copyright','cpanel','credentials','crl','cron','customercare','customerservice','customersupport','dashboard','database','dav','db','default','deleted','dkim','dmarc','dmca','dns','docs','donotreply','download','downloads','echoblogs','email','extensions','feedback','files','forgotpassword','ftp','gateway','git','grafana','graphql','health','help','helpcenter','helpdesk','hostmaster','identity','idp','images','imap','imaps','info','informationschema','ingress','internal','invite','invoice','invoices','isatap','kerberos','kubernetes','ldap','legal','localhost','login','logon','logout','logs','lyncdiscover','mail','mailer','mailerdaemon','marketing','media','member','members','metrics','mfa','moderator','moderators','monitoring','mtasts','mx','mx1','mx2','myaccount','news','newsletter','nobody','noc','noreply','notification','notifications','ns','ns1','ns2','ns3','ns4','ntp','oauth','oauth2','ocsp','official','oidc','openid','openpgpkey','operator','otp','owner','partman','passkey','passkeys','passwd','password','passwordreset','passwords','pay','payment','payments','pgcatalog','pgtoast','pki','pop','pop3','portal','postgres','postmaster','preview','pricing','privacy','production','profile','prometheus','proxy','public','purchase','recover','recovery','refund','refunds','register','registry','relay','repack','report','reset','resetpassword','root','safety','sales','saml','sandbox','secure','security','servicedesk','session','sessions','settings','signin','signon','signout','signup','sip','smtp','smtps','sql','ssladmin','ssladministrator','sslwebmaster','sso','staff','staging','static','status','subscription','subscriptions','superuser','support','sysadmin','system','team','template0','template1','terms','tiger','tigerdata','token','topology','trust','twofactor','unlock','upgrade','upload','uploads','usenet','user','users','uucp','verification','verify','vpn','wallet','web','webadmin','webauthn','webdisk','webhook','webhooks','webmail','webmaster','website','wpad','ws','www','www1','www2'])`,message="this schema name is reserved: choose another one"
	SchemaName string `json:"schemaName,omitempty"`

	// domain is the parent domain: the Tenant is served at NAME.DOMAIN. The Platform must list it. Empty: the first
	// domain that the Platform lists.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue() && !self.matches('(^|[.])([0-9]+|0x[0-9a-f]*)$') && self.split('.').all(label, size(label) <= 63)",message="must be a host name in lower case such as blogs.example.com, without a scheme, a port or a trailing dot"
	Domain string `json:"domain,omitempty"`

	// customDomains are additional host names of the Tenant, such as www.alice.org. None may be at or under a domain of
	// the Platform.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, x == y))",message="lists one host name twice: remove the duplicate"
	CustomDomains []CustomDomain `json:"customDomains,omitempty"`

	// paidUntil is the last paid day; it ends at midnight UTC. Empty: the day of creation plus the Platform's paid
	// period, computed once, and again when a date is removed, and shown in status.
	// +optional
	PaidUntil Date `json:"paidUntil,omitempty"`

	// trial says that the Tenant is not a paying customer yet, so that the Platform's trialLimits apply. Empty: true.
	// +optional
	Trial *bool `json:"trial,omitempty"`

	// suspended suspends the Tenant: readers get 402 Payment Required, the owner keeps access, and no data is lost.
	// Empty: false.
	// +optional
	Suspended *bool `json:"suspended,omitempty"`

	// suspensionReason says why suspended is true. The owner and the readers see this text while it is. Empty: none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^(?:[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2065}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FDD0}-\x{FDEF}\x{FFA0}\x{FFF0}-\x{FFFC}\x{FFFE}\x{FFFF}\x{16FE4}\x{1D159}\x{1FFFE}\x{1FFFF}\x{2FFFE}\x{2FFFF}\x{3FFFE}-\x{10FFFF}]|[\x{A9}\x{AE}\x{203C}\x{2049}\x{2122}\x{2139}\x{3030}\x{303D}\x{3297}\x{3299}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}|[0-9#*]\x{FE0F}\x{20E3}|[\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}?(?:[\x{200C}\x{200D}][\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}?)+)*$')`,message="use text on one line, without control characters, changes of direction or invisible characters"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'[\p{L}\p{N}\p{P}\p{S}]')`,message="use at least one visible character"
	SuspensionReason string `json:"suspensionReason,omitempty"`

	// owner is the user who may write on the blog. Empty: none.
	// +optional
	Owner *TenantOwner `json:"owner,omitempty"`

	// deletionPolicy says what happens to the schema when the Tenant is deleted: Retain keeps it as a tombstone that
	// can be restored within the Platform's retention; Delete drops it at once. Empty: Retain.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// limits bound the resources of the Tenant. An empty field defaults to the Platform's.
	// +optional
	Limits *Limits `json:"limits,omitempty"`
}

// CustomDomain is a full host name in lower case (RFC 1123).
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue() && self.contains('.') && !self.matches('(^|[.])([0-9]+|0x[0-9a-f]*)$') && self.split('.').all(label, size(label) <= 63)",message="must be a full host name in lower case such as www.alice.org, without a scheme, a port, a wildcard or a trailing dot"
type CustomDomain string

// PlatformReference names a Platform in the same namespace.
type PlatformReference struct {
	// name of the Platform.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
}

// TenantOwner is the user who may write on a Tenant's blog.
type TenantOwner struct {
	// username is the user name on the public site.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && !self.matches('^..--')`,message="use lowercase letters, digits and hyphens, beginning and ending with a letter or digit, and not with hyphens as the third and fourth characters, such as john-doe"
	Username string `json:"username,omitempty"`

	// email is the address for invitations and reminders. An account of the user name with another address, or one that is
	// not confirmed, is not the owner. Empty: an owner without an account gets none, and any account of the name is the owner.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[!#-\x27*+\-/-9=?A-Z^-~.]{1,64}@(?:[^\x00-/:-@\[-\x60{-\x7F\p{Z}](?:[^\x00-,./:-@\[-\x60{-\x7F\p{Z}]{0,61}[^\x00-/:-@\[-\x60{-\x7F\p{Z}])?\.)*[^\x00-@\[-\x60{-\x7F\p{Z}](?:[^\x00-,./:-@\[-\x60{-\x7F\p{Z}]{0,61}[^\x00-/:-@\[-\x60{-\x7F\p{Z}])?$')`,message="must be an email address such as alice@example.com, with only ASCII characters before the @"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^(?:[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2065}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FDD0}-\x{FDEF}\x{FFA0}\x{FFF0}-\x{FFFC}\x{FFFE}\x{FFFF}\x{16FE4}\x{1D159}\x{1FFFE}\x{1FFFF}\x{2FFFE}\x{2FFFF}\x{3FFFE}-\x{10FFFF}]|[\x{A9}\x{AE}\x{203C}\x{2049}\x{2122}\x{2139}\x{3030}\x{303D}\x{3297}\x{3299}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}|[0-9#*]\x{FE0F}\x{20E3}|[\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}?(?:[\x{200C}\x{200D}][\x{0590}-\x{061B}\x{061D}-\x{109F}\x{1780}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1CFF}\x{2190}-\x{27FF}\x{2900}-\x{2BFF}\x{1F000}-\x{1FAFF}]\x{FE0F}?)+)*$')`,message="use text on one line, without control characters, changes of direction or invisible characters"
	Email string `json:"email,omitempty"`
}

// DeletionPolicy says what happens to a schema when its Tenant is deleted.
//
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// The deletion policies.
const (
	// DeletionPolicyRetain keeps the schema as a tombstone for the Platform's retention.
	DeletionPolicyRetain DeletionPolicy = "Retain"
	// DeletionPolicyDelete drops the schema at once.
	DeletionPolicyDelete DeletionPolicy = "Delete"
)

// Limits bound the resources of one Tenant. An empty field is not limited.
//
// +kubebuilder:validation:MinProperties=1
type Limits struct {
	// posts is the maximum number of posts.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000
	Posts *int64 `json:"posts,omitempty"`

	// storage is the maximum size of all posts in bytes, such as 500Mi. At most 1Pi.
	// +optional
	// +kubebuilder:validation:XValidation:rule="isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('0')) >= 0 && quantity(string(self)).compareTo(quantity('1Pi')) <= 0 && !string(self).matches('([num]|[.][0-9]*|[eE]-[0-9]+)$')",message="must be a whole number of bytes from 0 to 1Pi, such as 500Mi"
	Storage *resource.Quantity `json:"storage,omitempty"`

	// requestsPerSecond is the rate limit of each replica of the backend. Requests beyond it get 429 Too Many Requests.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	RequestsPerSecond *int32 `json:"requestsPerSecond,omitempty"`
}

// TenantPhase summarizes the life of a Tenant.
//
// +kubebuilder:validation:Enum=Pending;Provisioning;Active;Grace;Suspended;Terminating;Failed
type TenantPhase string

// The phases, in the order of a Tenant's life.
const (
	// TenantPending waits for its Platform, or for a name that is held.
	TenantPending TenantPhase = "Pending"
	// TenantProvisioning is being created.
	TenantProvisioning TenantPhase = "Provisioning"
	// TenantActive is paid for.
	TenantActive TenantPhase = "Active"
	// TenantGrace is past its last paid day: readers can read, the owner cannot write.
	TenantGrace TenantPhase = "Grace"
	// TenantSuspended is past the grace period, or suspended by its spec: readers get 402 Payment Required.
	TenantSuspended TenantPhase = "Suspended"
	// TenantTerminating is being deleted.
	TenantTerminating TenantPhase = "Terminating"
	// TenantFailed needs a change by the user: the condition Stalled says which.
	TenantFailed TenantPhase = "Failed"
)

// TenantPhases lists every phase.
var TenantPhases = []TenantPhase{
	TenantPending, TenantProvisioning, TenantActive, TenantGrace, TenantSuspended, TenantTerminating, TenantFailed,
}

// TenantStatus is the observed state of a Tenant.
type TenantStatus struct {
	// conditions follow kstatus (Ready, Reconciling, Stalled), with one for each layer: DatabaseReady, DomainsReady,
	// RouteReady, Serving and Active.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the generation of the spec that this status describes. It is set on failure, too. -1: the operator
	// has not seen the object yet, which kstatus takes for progress.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// phase summarizes the life of the Tenant.
	// +optional
	Phase TenantPhase `json:"phase,omitempty"`

	// url is the address of the blog.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	URL string `json:"url,omitempty"`

	// hosts are the host names of the Tenant, the primary one first.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=21
	// +kubebuilder:validation:items:MaxLength=253
	Hosts []string `json:"hosts,omitempty"`

	// schemaName is the Postgres schema that holds the Tenant's tables.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	SchemaName string `json:"schemaName,omitempty"`

	// schemaVersion is the version of the schema, which the application defines. The blog's is the number of the last
	// migration, such as 0001.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	SchemaVersion string `json:"schemaVersion,omitempty"`

	// paidUntil is the last paid day in effect.
	// +optional
	PaidUntil Date `json:"paidUntil,omitempty"`

	// firstServedAt is when the Tenant was served for the first time. The deletion of one that never was does not count in
	// spec.protection of the Platform.
	// +optional
	FirstServedAt *metav1.Time `json:"firstServedAt,omitempty"`

	// deletionHold is present while the deletion of the Tenant is held, because too many were deleted within an hour.
	// +optional
	DeletionHold *DeletionHold `json:"deletionHold,omitempty"`

	// tombstones are the data of deleted Tenants of the same name, the newest first, while the Tenant waits for the annotation
	// tenancy.echoblogs.io/on-tombstone. At most ten are listed.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=10
	Tombstones []TombstoneStatus `json:"tombstones,omitempty"`
}

// DeletionHold says why a deletion is held.
type DeletionHold struct {
	// limit is how many Tenants might end within an hour when the deletion was held.
	// +required
	// +kubebuilder:validation:Minimum=1
	Limit int32 `json:"limit,omitempty"`
}

// TombstoneStatus is the data of a deleted Tenant.
type TombstoneStatus struct {
	// id is the ID of the tombstone.
	// +required
	// +kubebuilder:validation:Minimum=1
	ID int64 `json:"id,omitempty"`
	// deletedAt is when the Tenant was deleted.
	// +required
	DeletedAt *metav1.Time `json:"deletedAt,omitempty"`
}

// Tenant is one customer: a Postgres schema with its migrations, host names, a route to them and a blog.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=tn,categories=echoblogs
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Schema",type=string,JSONPath=`.status.schemaName`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.schemaVersion`
// +kubebuilder:printcolumn:name="Paid Until",type=string,JSONPath=`.status.paidUntil`
// +kubebuilder:selectablefield:JSONPath=.spec.domain
// +kubebuilder:selectablefield:JSONPath=.spec.owner.username
// +kubebuilder:selectablefield:JSONPath=.status.phase
// +kubebuilder:printcolumn:name="Platform",type=string,JSONPath=`.spec.platformRef.name`,priority=1
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=`.spec.owner.username`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 40 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="the name becomes a host label: use at most 40 lowercase letters, digits and hyphens, beginning and ending with a letter or digit, such as john-doe"
// +kubebuilder:validation:XValidation:rule=`!self.metadata.name.matches('^..--')`,message="names with hyphens as the third and fourth characters are reserved for international domain names: choose another name"
// +kubebuilder:validation:XValidation:rule="!self.metadata.name.startsWith('pg-') && !self.metadata.name.startsWith('deleted-')",message="names that start with pg- or deleted- are reserved: choose another name"
// +kubebuilder:validation:XValidation:rule=`!self.metadata.name.replace("-", "").contains("echoblogs")`,message="this name is reserved for the platform itself: choose another name"
// +kubebuilder:validation:XValidation:rule=`!(self.metadata.name.replace("-", "") in ['2fa','abuse','account','accountrecovery','accounts','accountsecurity','acme','admin','administration','administrator','administrators','alert','alerts','api','app','assets','auth','authentication','authorize','autoconfig','autodiscover','bank','billing','blog','blogs','bounce','bounces','broadcasthost','ca','caldav','carddav','cdn','cert','certificate','certs','changepassword','checkout','ci','citus','citusinternal','columnar','columnarinternal','compliance','confirm','console','contact','controlpanel','copyright','cpanel','credentials','crl','cron','customercare','customerservice','customersupport','dashboard','database','dav','db','default','deleted','dkim','dmarc','dmca','dns','docs','donotreply','download','downloads','echoblogs','email','extensions','feedback','files','forgotpassword','ftp','gateway','git','grafana','graphql','health','help','helpcenter','helpdesk','hostmaster','identity','idp','images','imap','imaps','info','informationschema','ingress','internal','invite','invoice','invoices','isatap','kerberos','kubernetes','ldap','legal','localhost','login','logon','logout','logs','lyncdiscover','mail','mailer','mailerdaemon','marketing','media','member','members','metrics','mfa','moderator','moderators','monitoring','mtasts','mx','mx1','mx2','myaccount','news','newsletter','nobody','noc','noreply','notification','notifications','ns','ns1','ns2','ns3','ns4','ntp','oauth','oauth2','ocsp','official','oidc','openid','openpgpkey','operator','otp','owner','partman','passkey','passkeys','passwd','password','passwordreset','passwords','pay','payment','payments','pgcatalog','pgtoast','pki','pop','pop3','portal','postgres','postmaster','preview','pricing','privacy','production','profile','prometheus','proxy','public','purchase','recover','recovery','refund','refunds','register','registry','relay','repack','report','reset','resetpassword','root','safety','sales','saml','sandbox','secure','security','servicedesk','session','sessions','settings','signin','signon','signout','signup','sip','smtp','smtps','sql','ssladmin','ssladministrator','sslwebmaster','sso','staff','staging','static','status','subscription','subscriptions','superuser','support','sysadmin','system','team','template0','template1','terms','tiger','tigerdata','token','topology','trust','twofactor','unlock','upgrade','upload','uploads','usenet','user','users','uucp','verification','verify','vpn','wallet','web','webadmin','webauthn','webdisk','webhook','webhooks','webmail','webmaster','website','wpad','ws','www','www1','www2'])`,message="this name is reserved for the platform itself: choose another name"
// +kubebuilder:validation:XValidation:rule=`(has(self.spec) && has(self.spec.schemaName) ? self.spec.schemaName : "") == (has(oldSelf.spec) && has(oldSelf.spec.schemaName) ? oldSelf.spec.schemaName : "")`,fieldPath=".spec.schemaName",message="schemaName cannot be set, changed or unset after creation: create another Tenant"
// +kubebuilder:validation:XValidation:rule="(has(self.spec) && has(self.spec.platformRef) ? self.spec.platformRef.name : 'default') == (has(oldSelf.spec) && has(oldSelf.spec.platformRef) ? oldSelf.spec.platformRef.name : 'default')",fieldPath=".spec.platformRef",message="a Tenant cannot move to another Platform: create another Tenant there"
type Tenant struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name is the user name and the host label.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state.
	// +default={}
	// +optional
	Spec TenantSpec `json:"spec,omitempty,omitzero"`

	// status is the observed state.
	// +default={"observedGeneration": -1}
	// +optional
	Status TenantStatus `json:"status,omitempty,omitzero"`
}

// TenantList is a list of Tenants.
//
// +kubebuilder:object:root=true
type TenantList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the Tenants.
	Items []Tenant `json:"items"`
}
