package v1alpha1

import "net/url"

// Values in force where a spec is empty. Nothing is defaulted into a spec, so that GitOps tools see no drift.
const (
	// DefaultPlatform is the name of the Platform of a Tenant that names none.
	DefaultPlatform = "default"

	defaultPaidPeriodDays = 365
	defaultGraceDays      = 14
	defaultRetentionDays  = 30
	defaultServicePort    = 80
)

// PlatformName returns the name of the Platform that the Tenant lives on.
func (t *Tenant) PlatformName() string {
	if t.Spec.PlatformRef.Name == "" {
		return DefaultPlatform
	}
	return t.Spec.PlatformRef.Name
}

// OnTrial reports whether the Tenant is not yet a paying customer.
func (t *Tenant) OnTrial() bool { return t.Spec.Trial == nil || *t.Spec.Trial }

// SuspendedByHand reports whether the Tenant's author has suspended it.
func (t *Tenant) SuspendedByHand() bool { return t.Spec.Suspended != nil && *t.Spec.Suspended }

// Retained reports whether the data of the Tenant is kept when it is deleted.
func (t *Tenant) Retained() bool { return t.Spec.DeletionPolicy != DeletionPolicyDelete }

// PaidPeriodDays is how many days a new Tenant without paidUntil is paid for.
func (p *Platform) PaidPeriodDays() int {
	if d := p.Spec.Defaults; d != nil && d.PaidPeriodDays != nil {
		return int(*d.PaidPeriodDays)
	}
	return defaultPaidPeriodDays
}

// GraceDays is how many days after paidUntil readers still read.
func (p *Platform) GraceDays() int {
	if d := p.Spec.Defaults; d != nil && d.GraceDays != nil {
		return int(*d.GraceDays)
	}
	return defaultGraceDays
}

// RetentionDays is how many days the data of a deleted Tenant is kept.
func (p *Platform) RetentionDays() int {
	if d := p.Spec.Defaults; d != nil && d.RetentionDays != nil {
		return int(*d.RetentionDays)
	}
	return defaultRetentionDays
}

// RoutingMode returns which Ingresses are made.
func (p *Platform) RoutingMode() RoutingMode {
	if p.Spec.Routing == nil || p.Spec.Routing.Mode == "" {
		return RoutePerTenant
	}
	return p.Spec.Routing.Mode
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

// LimitsOf returns the limits in force for a Tenant: its own, then the Platform's for trials where it is on trial,
// then the Platform's, each field by itself. A nil field is not limited.
func (p *Platform) LimitsOf(t *Tenant) Limits {
	candidates := []*Limits{t.Spec.Limits}
	if d := p.Spec.Defaults; d != nil {
		if t.OnTrial() {
			candidates = append(candidates, d.TrialLimits)
		}
		candidates = append(candidates, d.Limits)
	}
	var inForce Limits
	for _, c := range candidates {
		if c == nil {
			continue
		}
		if inForce.Posts == nil {
			inForce.Posts = c.Posts
		}
		if inForce.Storage == nil {
			inForce.Storage = c.Storage
		}
		if inForce.RequestsPerSecond == nil {
			inForce.RequestsPerSecond = c.RequestsPerSecond
		}
	}
	return inForce
}
