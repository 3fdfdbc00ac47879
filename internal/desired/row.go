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

// Row returns the registry row of a Tenant. If the spec has no paidUntil, the current date of the row, paidUntil, is kept;
// a new row, for which paidUntil is zero, is paid for the Platform's paid period from the day of the Tenant's creation.
// Custom domains at or under a domain of the Platform are refused: they are left out and returned.
func Row(p *v1alpha1.Platform, t *v1alpha1.Tenant, paidUntil time.Time) (row tenancy.Spec, refused []string, err error) {
	primary, err := primaryHost(p, t)
	if err != nil {
		return tenancy.Spec{}, nil, err
	}
	row = tenancy.Spec{
		Name: t.Name, SchemaName: SchemaName(t), DisplayName: t.Spec.DisplayName, PrimaryHost: primary, PaidUntil: paidUntil,
	}
	if row.DisplayName == "" {
		row.DisplayName = t.Name
	}
	if t.Spec.Owner != nil {
		row.Owner = t.Spec.Owner.Username
	}
	for _, domain := range t.Spec.CustomDomains {
		if underPlatform(p, string(domain)) {
			refused = append(refused, string(domain))
		} else {
			row.CustomHosts = append(row.CustomHosts, string(domain))
		}
	}
	slices.Sort(row.CustomHosts)

	switch {
	case t.Spec.PaidUntil != "":
		if row.PaidUntil, err = t.Spec.PaidUntil.Start(); err != nil {
			return tenancy.Spec{}, nil, err
		}
	case row.PaidUntil.IsZero():
		row.PaidUntil = t.CreationTimestamp.UTC().Truncate(24*time.Hour).AddDate(0, 0, p.PaidPeriodDays())
	}
	if !t.SuspendedBySpec() {
		row.SuspendAt = EndOfDay(row.PaidUntil).AddDate(0, 0, p.GraceDays())
	}
	limits := p.LimitsOf(t)
	row.Limits = tenancy.Limits{MaxPosts: limits.Posts, RequestsPerSecond: limits.RequestsPerSecond}
	if limits.Storage != nil {
		bytes := limits.Storage.Value()
		row.Limits.MaxStorageBytes = &bytes
	}
	return row, refused, nil
}

// SchemaName returns the name of a Tenant's schema.
func SchemaName(t *v1alpha1.Tenant) string {
	if t.Spec.SchemaName != "" {
		return t.Spec.SchemaName
	}
	return naming.Schema(t.Name)
}

func primaryHost(p *v1alpha1.Platform, t *v1alpha1.Tenant) (string, error) {
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
