package v1alpha1

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Effective values of empty fields. Nothing is defaulted into a spec, so that GitOps tools see no drift.
const (
	// DefaultPlatform is the default of spec.platformRef.name.
	DefaultPlatform = "default"

	defaultSiteName       = "EchoBlogs"
	defaultTagline        = "a blog of your own"
	defaultRolePrefix     = "echoblogs"
	defaultPaidPeriodDays = 365
	defaultGraceDays      = 14
	defaultRetentionDays  = 30
	defaultRedirectDays   = 30
	defaultServicePort    = 80
	defaultTrialPosts     = 1000
	defaultTrialStorage   = 100 << 20
)

// PlatformName returns the name of the Tenant's Platform.
func (t *Tenant) PlatformName() string {
	if t.Spec.PlatformRef.Name == "" {
		return DefaultPlatform
	}
	return t.Spec.PlatformRef.Name
}

// OnTrial reports whether the Tenant is not a paying customer yet.
func (t *Tenant) OnTrial() bool { return t.Spec.Trial == nil || *t.Spec.Trial }

// OwnerName returns the name of the user who owns the Tenant. Empty: none.
func (t *Tenant) OwnerName() string {
	if t.Spec.Owner == nil {
		return ""
	}
	return t.Spec.Owner.Username
}

// SuspendedBySpec reports whether spec.suspended is true.
func (t *Tenant) SuspendedBySpec() bool { return t.Spec.Suspended != nil && *t.Spec.Suspended }

// Retained reports whether the Tenant's data is kept after its deletion.
func (t *Tenant) Retained() bool { return t.Spec.DeletionPolicy != DeletionPolicyDelete }

// PaidPeriodDays returns the number of days for which a new Tenant without paidUntil is paid.
func (p *Platform) PaidPeriodDays() int {
	if d := p.Spec.Defaults; d != nil && d.PaidPeriodDays != nil {
		return int(*d.PaidPeriodDays)
	}
	return defaultPaidPeriodDays
}

// TrialDays returns the number of days that a new Tenant on trial without paidUntil has.
func (p *Platform) TrialDays() int {
	if d := p.Spec.Defaults; d != nil && d.TrialDays != nil {
		return int(*d.TrialDays)
	}
	return p.PaidPeriodDays()
}

// GraceDays returns the number of days after paidUntil before a Tenant is suspended.
func (p *Platform) GraceDays() int {
	if d := p.Spec.Defaults; d != nil && d.GraceDays != nil {
		return int(*d.GraceDays)
	}
	return defaultGraceDays
}

// RetentionDays returns the number of days for which the data of a deleted Tenant is kept.
func (p *Platform) RetentionDays() int {
	if d := p.Spec.Defaults; d != nil && d.RetentionDays != nil {
		return int(*d.RetentionDays)
	}
	return defaultRetentionDays
}

// MaxDeletionsPerHour returns how many Tenants may end within an hour, or 0 if the Platform does not set it.
func (p *Platform) MaxDeletionsPerHour() int {
	if p.Spec.Protection == nil || p.Spec.Protection.MaxDeletionsPerHour == nil {
		return 0
	}
	return int(*p.Spec.Protection.MaxDeletionsPerHour)
}

// RolePrefix returns the start of the names of the database roles.
func (p *Platform) RolePrefix() string {
	if p.Spec.Database.RolePrefix == "" {
		return defaultRolePrefix
	}
	return p.Spec.Database.RolePrefix
}

// RoutingMode returns which Ingresses are created.
func (p *Platform) RoutingMode() RoutingMode {
	if p.Spec.Routing == nil || p.Spec.Routing.Mode == "" {
		return RoutePerTenant
	}
	return p.Spec.Routing.Mode
}

// IngressAddress returns where the ingress controller answers, or "" if that is not known.
func (p *Platform) IngressAddress() string {
	if p.Spec.Routing == nil {
		return ""
	}
	return p.Spec.Routing.IngressAddress
}

// CatchesAll reports whether hosts that no other Ingress names are routed to the public site.
func (p *Platform) CatchesAll() bool {
	return p.Spec.Routing != nil && p.Spec.Routing.CatchAll != nil && *p.Spec.Routing.CatchAll
}

// RedirectOldHostsDays returns the number of days for which former addresses of Tenants redirect to their new ones.
func (p *Platform) RedirectOldHostsDays() int {
	if p.Spec.Routing == nil || p.Spec.Routing.RedirectOldHostsDays == nil {
		return defaultRedirectDays
	}
	return int(*p.Spec.Routing.RedirectOldHostsDays)
}

// CustomDomainPolicy returns which custom domains are served.
func (p *Platform) CustomDomainPolicy() CustomDomainPolicy {
	if p.Spec.Routing == nil || p.Spec.Routing.CustomDomains == "" {
		return CustomDomainsVerified
	}
	return p.Spec.Routing.CustomDomains
}

// ListsCustomDomain reports whether the Platform lists a custom domain, or a pattern that it matches.
func (p *Platform) ListsCustomDomain(host string) bool {
	if p.Spec.Routing == nil {
		return false
	}
	return slices.ContainsFunc(p.Spec.Routing.AllowedCustomDomains, func(pattern CustomDomainPattern) bool {
		if suffix, isPattern := strings.CutPrefix(string(pattern), "*"); isPattern {
			return len(host) > len(suffix) && strings.HasSuffix(host, suffix)
		}
		return host == string(pattern)
	})
}

// PublicHostNames returns the host names of the public site.
func (p *Platform) PublicHostNames() []string {
	if len(p.Spec.PublicHosts) == 0 {
		address, err := url.Parse(p.Spec.PublicURL)
		if err != nil {
			return nil
		}
		return []string{address.Hostname()}
	}
	hosts := make([]string, len(p.Spec.PublicHosts))
	for i, host := range p.Spec.PublicHosts {
		hosts[i] = string(host)
	}
	return hosts
}

// Site returns what the public site says about the host of the blogs, with the default name and tagline if it has none.
func (p *Platform) Site() SiteSpec {
	var site SiteSpec
	if p.Spec.Site != nil {
		site = *p.Spec.Site
	}
	site.Name, site.Tagline = cmp.Or(site.Name, defaultSiteName), cmp.Or(site.Tagline, defaultTagline)
	return site
}

// RegistrationMode returns who may sign up on the public site.
func (p *Platform) RegistrationMode() RegistrationMode {
	if p.Spec.Registration == "" {
		return RegistrationOpen
	}
	return p.Spec.Registration
}

// PortOrDefault returns the port of the Service.
func (s ServiceReference) PortOrDefault() int32 {
	if s.Port == 0 {
		return defaultServicePort
	}
	return s.Port
}

// LimitsOf returns the effective limits of a Tenant. Each field is the first that is set of the Tenant's own limits, the
// Platform's trialLimits if the Tenant is on trial, the Platform's limits, and the default for Tenants on trial: anyone can
// sign up. A nil field is not limited.
func (p *Platform) LimitsOf(t *Tenant) Limits {
	candidates := []*Limits{t.Spec.Limits}
	if d := p.Spec.Defaults; d != nil {
		if t.OnTrial() {
			candidates = append(candidates, d.TrialLimits)
		}
		candidates = append(candidates, d.Limits)
	}
	if t.OnTrial() {
		candidates = append(candidates, &Limits{Posts: new(int64(defaultTrialPosts)), Storage: resource.NewQuantity(defaultTrialStorage, resource.BinarySI)})
	}
	var effective Limits
	for _, c := range candidates {
		if c == nil {
			continue
		}
		if effective.Posts == nil {
			effective.Posts = c.Posts
		}
		if effective.Storage == nil {
			effective.Storage = c.Storage
		}
		if effective.RequestsPerSecond == nil {
			effective.RequestsPerSecond = c.RequestsPerSecond
		}
	}
	return effective
}
