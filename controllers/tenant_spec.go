package controllers

import (
	"fmt"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// desiredRow computes what the registry is to say of a Tenant. The date paid until is the spec's; without one it stays
// what it was, paidUntil, and of a new Tenant, for which paidUntil is zero, it is the day of its creation plus the
// Platform's paid period. Custom domains at or under the Platform's own are left out and returned.
func desiredRow(p *v1alpha1.Platform, t *v1alpha1.Tenant, paidUntil time.Time) (spec registry.Spec, refused []string, err error) {
	primary, err := primaryHost(p, t)
	if err != nil {
		return registry.Spec{}, nil, err
	}
	spec = registry.Spec{
		Name: t.Name, SchemaName: schemaName(t), DisplayName: t.Spec.DisplayName, PrimaryHost: primary, PaidUntil: paidUntil,
	}
	if spec.DisplayName == "" {
		spec.DisplayName = t.Name
	}
	if t.Spec.Owner != nil {
		spec.Owner = t.Spec.Owner.Username
	}
	for _, domain := range t.Spec.CustomDomains {
		if underPlatform(p, string(domain)) {
			refused = append(refused, string(domain))
		} else {
			spec.CustomHosts = append(spec.CustomHosts, string(domain))
		}
	}
	slices.Sort(spec.CustomHosts)

	switch {
	case t.Spec.PaidUntil != "":
		if spec.PaidUntil, err = t.Spec.PaidUntil.Start(); err != nil {
			return registry.Spec{}, nil, err
		}
	case spec.PaidUntil.IsZero():
		spec.PaidUntil = t.CreationTimestamp.UTC().Truncate(24*time.Hour).AddDate(0, 0, p.PaidPeriodDays())
	}
	if !t.SuspendedByHand() {
		spec.SuspendAt = endOf(spec.PaidUntil).AddDate(0, 0, p.GraceDays())
	}
	limits := p.LimitsOf(t)
	spec.Limits = registry.Limits{MaxPosts: limits.Posts, RequestsPerSecond: limits.RequestsPerSecond}
	if limits.Storage != nil {
		bytes := limits.Storage.Value()
		spec.Limits.MaxStorageBytes = &bytes
	}
	return spec, refused, nil
}

// endOf returns the moment at which a day is over, in UTC.
func endOf(day time.Time) time.Time { return day.AddDate(0, 0, 1) }

func schemaName(t *v1alpha1.Tenant) string {
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
		return "", &halt{
			condition: v1alpha1.ConditionDomainsReady, reason: v1alpha1.ReasonDomainNotListed, stalled: true,
			message: fmt.Sprintf("The Platform %q does not list the domain %q: choose one of %s.", p.Name, domain, quoteAll(p.Spec.Domains)),
		}
	}
	return t.Name + "." + domain, nil
}

func underPlatform(p *v1alpha1.Platform, host string) bool {
	return slices.ContainsFunc(p.Spec.Domains, func(domain v1alpha1.ParentDomain) bool {
		return naming.Under(host, string(domain))
	})
}
