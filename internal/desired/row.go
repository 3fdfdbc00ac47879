// Package desired computes what the registry should hold for a Tenant: its row, and whether it is active by its dates. It
// is pure, so that a controller, the check for drift and a diagnosis agree.
package desired

import (
	"fmt"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// DomainNotListedError says that a Tenant names a domain that its Platform does not list.
type DomainNotListedError struct {
	Platform, Domain string
	// Listed are the domains of the Platform.
	Listed []v1alpha1.ParentDomain
}

func (e *DomainNotListedError) Error() string {
	return fmt.Sprintf("domain %s is not listed by Platform %s", e.Domain, e.Platform)
}

// Refused are the custom domains of a Tenant that its Platform does not serve, sorted.
type Refused struct {
	// UnderPlatform are at or under a domain of the Platform.
	UnderPlatform []string
	// NotListed are not among those that the Platform allows; it serves no others.
	NotListed []string
	// Unproven have no proof.
	Unproven []string
}

// IsZero reports whether no domain is refused.
func (r Refused) IsZero() bool { return len(r.UnderPlatform)+len(r.NotListed)+len(r.Unproven) == 0 }

// Row returns the registry row of a Tenant. known is what is known of it: if the spec has no paidUntil, the date that was
// computed for it is kept; a new row, or one whose date was in the spec until now, is paid for the Platform's paid period from
// the day of the Tenant's creation. The proofs of known decide which custom domains the row has. With a *DomainNotListedError,
// Row returns the row with the primary host of known.
func Row(p *v1alpha1.Platform, t *v1alpha1.Tenant, known tenancy.Spec) (row tenancy.Spec, refused Refused, err error) {
	primary, err := PrimaryHost(p, t)
	if err != nil {
		primary = known.PrimaryHost
	}
	row = tenancy.Spec{
		Name: t.Name, UID: string(t.UID), SchemaName: SchemaName(t), DisplayName: t.Spec.DisplayName, Owner: t.OwnerName(), PrimaryHost: primary, PaidUntil: known.PaidUntil,
		Redirects: known.Redirects, // which Redirects changes with time
	}
	if row.DisplayName == "" {
		row.DisplayName = t.Name
	}
	row.CustomHosts, row.Proofs, refused = customHosts(p, t, known.Proofs)

	switch {
	case t.Spec.PaidUntil != "":
		day, dateErr := t.Spec.PaidUntil.Start()
		if dateErr != nil {
			return tenancy.Spec{}, Refused{}, dateErr
		}
		row.PaidUntil, row.PaidUntilInSpec = day, true
	case known.PaidUntilInSpec, row.PaidUntil.IsZero():
		days := p.PaidPeriodDays()
		if t.OnTrial() {
			days = p.TrialDays()
		}
		row.PaidUntil = t.CreationTimestamp.UTC().Truncate(24*time.Hour).AddDate(0, 0, days)
	}
	if t.SuspendedBySpec() {
		row.SuspensionReason = t.Spec.SuspensionReason
	} else {
		row.SuspendAt = EndOfDay(row.PaidUntil).AddDate(0, 0, p.GraceDays())
	}
	limits := p.LimitsOf(t)
	row.Limits = tenancy.Limits{MaxPosts: limits.Posts, RequestsPerSecond: limits.RequestsPerSecond}
	if limits.Storage != nil {
		bytes := limits.Storage.Value()
		row.Limits.MaxStorageBytes = &bytes
	}
	return row, refused, err
}

// customHosts returns the custom hosts of a Tenant's row, sorted, and their proofs.
func customHosts(p *v1alpha1.Platform, t *v1alpha1.Tenant, known map[string]tenancy.Proof) (hosts []string, proofs map[string]tenancy.Proof, refused Refused) {
	prove := func(host string, proof tenancy.Proof) {
		if proofs == nil {
			proofs = make(map[string]tenancy.Proof)
		}
		hosts, proofs[host] = append(hosts, host), proof
	}
	for _, domain := range t.Spec.CustomDomains {
		switch host, policy := string(domain), p.CustomDomainPolicy(); {
		case underPlatform(p, host):
			refused.UnderPlatform = append(refused.UnderPlatform, host)
		case p.ListsCustomDomain(host):
			prove(host, tenancy.ProofListed)
		case policy == v1alpha1.CustomDomainsListed:
			refused.NotListed = append(refused.NotListed, host)
		case known[host] == tenancy.ProofDNS:
			prove(host, tenancy.ProofDNS)
		case policy == v1alpha1.CustomDomainsAny:
			hosts = append(hosts, host)
		default:
			refused.Unproven = append(refused.Unproven, host)
		}
	}
	for _, list := range [][]string{hosts, refused.UnderPlatform, refused.NotListed, refused.Unproven} {
		slices.Sort(list) // managers of the list may put it into another order, which changes nothing
	}
	return hosts, proofs, refused
}

// NeedsProof reports whether a custom domain of a Tenant has to be, or can be, proven by its TXT record.
func NeedsProof(p *v1alpha1.Platform, host string) bool {
	return !underPlatform(p, host) && !p.ListsCustomDomain(host) && p.CustomDomainPolicy() != v1alpha1.CustomDomainsListed
}

// SchemaName returns the name of a Tenant's schema.
func SchemaName(t *v1alpha1.Tenant) string {
	if t.Spec.SchemaName != "" {
		return t.Spec.SchemaName
	}
	return naming.Schema(t.Name)
}

// PrimaryHost returns the host that links to a Tenant lead to. It returns *DomainNotListedError if the Platform does not list its
// domain.
func PrimaryHost(p *v1alpha1.Platform, t *v1alpha1.Tenant) (string, error) {
	domain := t.Spec.Domain
	if domain == "" {
		domain = string(p.Spec.Domains[0])
	}
	if !slices.Contains(p.Spec.Domains, v1alpha1.ParentDomain(domain)) {
		return "", &DomainNotListedError{Platform: p.Name, Domain: domain, Listed: p.Spec.Domains}
	}
	return t.Name + "." + domain, nil
}

func underPlatform(p *v1alpha1.Platform, host string) bool {
	return slices.ContainsFunc(p.Spec.Domains, func(domain v1alpha1.ParentDomain) bool {
		return naming.Under(host, string(domain))
	})
}
