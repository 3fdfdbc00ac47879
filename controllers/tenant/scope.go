package tenant

import (
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// layers are the conditions that must be True for a Tenant to be Ready, in the order of the steps.
var layers = []string{
	v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionDomainsReady, v1alpha1.ConditionRouteReady, v1alpha1.ConditionServing,
}

// scope carries what one reconcile of a Tenant has read and done.
type scope struct {
	*status.Conditions
	// tenant is the object; its status is written when the reconcile ends.
	tenant *v1alpha1.Tenant
	// now is the time of the reconcile.
	now time.Time
	// isNewest says that a write of this reconcile has shown that the cache did not lag.
	isNewest bool
	// platform is set by resolvePlatform.
	platform *v1alpha1.Platform
	// app is the Platform's application; set by resolvePlatform.
	app application.Application
	// store is set by resolvePlatform.
	store *tenancy.Store
	// row is the Tenant's row in the registry; set by ensureDatabase.
	row tenancy.Tenant
	// formerOwners are the Tenants whose custom hosts this one takes over, because it has proved them; set by ensureDatabase.
	formerOwners []string
	// newProofs says that DNS has proofs that the row lacks; set by ensureDatabase.
	newProofs bool
	// redirectsChanged says that the Tenant has other former hosts than before; set by ensureDatabase.
	redirectsChanged bool
	// needsProbe says that a step made a change that readers may notice.
	needsProbe bool
	// uncheckedRoute is the message of RouteReady once the ingress controller reaches the Tenant. Empty: that is not to be
	// checked.
	uncheckedRoute string
	// routeChanged says that the Ingress was changed, so that earlier answers of the ingress controller do not count.
	routeChanged bool
	// schemaCreated says that a schema was created or restored for the Tenant.
	schemaCreated bool
	// nextDate is when the condition Active changes next; set by ensureActive.
	nextDate time.Time
	// certificatesExpire is when the first certificate of the Ingress expires; set by ensureRoute. Zero: it has none.
	certificatesExpire time.Time
}

func newScope(tenant *v1alpha1.Tenant, now time.Time) *scope {
	return &scope{Conditions: status.NewConditions(tenant, layers, now), tenant: tenant, now: now}
}

// hosts returns the Tenant's hosts, the primary one first.
func (s *scope) hosts() []string {
	return append([]string{s.row.PrimaryHost}, s.row.CustomHosts...)
}

// hostsChanged reports whether the Tenant has other hosts than its status says.
func (s *scope) hostsChanged() bool { return !slices.Equal(s.tenant.Status.Hosts, s.hosts()) }

// wait returns the time until the next date, or 0 if there is none.
func (s *scope) wait() time.Duration {
	next := s.nextDate
	for _, r := range s.row.Redirects {
		if r.Until.After(s.now) && (next.IsZero() || r.Until.Before(next)) { // ended redirects are not removed while the Tenant is Stalled
			next = r.Until
		}
	}
	if expires := s.certificatesExpire; !expires.IsZero() && (next.IsZero() || expires.Before(next)) {
		next = expires.Add(time.Second) // a certificate is valid until the end of that second
	}
	if next.IsZero() {
		return 0
	}
	return min(max(next.Sub(s.now), time.Second), maxWait)
}
