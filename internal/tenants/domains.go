package tenants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// Domains shows and changes the custom domains of Tenants. Adding one to a Tenant reserves nothing: the operator serves it
// once its owner has created the TXT record that proves it, unless the Platform needs no proof.
type Domains struct {
	tenants  *Client
	db       postgres.Beginner
	resolver domainproof.Resolver
}

// NewDomains returns a Domains for a client's Tenants.
func NewDomains(tenants *Client, db postgres.Beginner, resolver domainproof.Resolver) *Domains {
	return &Domains{tenants: tenants, db: db, resolver: resolver}
}

// DomainState is the state of a custom domain of a Tenant.
type DomainState string

// The states.
const (
	DomainServed      DomainState = "Served"      // it is proven, or listed by the Platform
	DomainSettingUp   DomainState = "SettingUp"   // the operator has not finished
	DomainUnproven    DomainState = "Unproven"    // it is not served, because its record was not found
	DomainTentative   DomainState = "Tentative"   // it is served without a proof: owners cannot log in there
	DomainAbsent      DomainState = "Absent"      // its record is no longer found: it loses its proof soon
	DomainReleased    DomainState = "Released"    // it was released, because its record was not found for too long
	DomainElsewhere   DomainState = "Elsewhere"   // another Tenant has it
	DomainNotAccepted DomainState = "NotAccepted" // the Platform does not list it
)

// Domain is a custom domain of a Tenant.
type Domain struct {
	Host  string
	State DomainState
	// Record is the TXT record that proves it. Its name is empty if it needs no proof, or is not known yet.
	Record domainproof.Record
	// Date is when an absent domain loses its proof, or when a released one was released.
	Date time.Time
}

// List returns the custom domains of a Tenant in the order of its spec.
func (d *Domains) List(ctx context.Context, t *v1alpha1.Tenant) ([]Domain, error) {
	if len(t.Spec.CustomDomains) == 0 {
		return nil, nil
	}
	platform, err := d.tenants.Platform(ctx)
	if err != nil {
		return nil, err
	}
	row, err := tenancy.NewReader(d.db).Find(ctx, t.Name)
	if err != nil && !errors.Is(err, tenancy.ErrNotFound) {
		return nil, err
	}
	var domains []Domain
	for _, domain := range t.Spec.CustomDomains {
		described := Domain{Host: string(domain), State: DomainSettingUp}
		if row.State == tenancy.StateLive {
			if described, err = d.describe(ctx, platform, t, row, string(domain)); err != nil {
				return nil, err
			}
		}
		domains = append(domains, described)
	}
	return domains, nil
}

// describe returns a custom domain of a Tenant that has a row.
func (d *Domains) describe(ctx context.Context, platform *v1alpha1.Platform, t *v1alpha1.Tenant, row tenancy.Tenant, host string) (Domain, error) {
	found := Domain{Host: host, State: DomainServed}
	needsProof := !platform.ListsCustomDomain(host)
	if needsProof && platform.CustomDomainPolicy() == v1alpha1.CustomDomainsListed {
		found.State = DomainNotAccepted
		return found, nil
	}
	if needsProof {
		found.Record = row.Record(host)
	}
	check := row.Checks[host]
	switch has := slices.Contains(row.CustomHosts, host); {
	case has && row.Proven(host):
		if !slices.Contains(t.Status.Hosts, host) || !meta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionRouteReady) {
			found.State = DomainSettingUp
		}
		return found, nil
	case has && row.Proofs[host] == tenancy.ProofDNS:
		found.State, found.Date = DomainAbsent, check.ReleaseAt()
		return found, nil
	case has:
		found.State = DomainTentative
		return found, nil
	}
	err := d.checkFree(ctx, t.Name, host, time.Time{})
	var taken *DomainError
	switch {
	case errors.As(err, &taken):
		found.State = DomainElsewhere
	case err != nil:
		return Domain{}, err
	case !check.ReleasedAt.IsZero():
		found.State, found.Date = DomainReleased, check.ReleasedAt
	case needsProof && platform.CustomDomainPolicy() == v1alpha1.CustomDomainsVerified:
		found.State = DomainUnproven
	default:
		found.State = DomainSettingUp
	}
	return found, nil
}

// DomainReason says why a domain cannot be added, or is not proven.
type DomainReason string

// The reasons.
const (
	DomainTaken       DomainReason = "Taken"       // another Tenant has it
	DomainHeld        DomainReason = "Held"        // another Tenant has just released it
	DomainNotListed   DomainReason = "NotListed"   // the Platform accepts only domains that it lists
	TooManyDomains    DomainReason = "TooMany"     // the Tenant has the largest number
	RecordMissing     DomainReason = "NoRecord"    // the TXT record does not exist
	RecordDiffers     DomainReason = "WrongRecord" // the TXT record has another value
	ResolverUnreached DomainReason = "NoAnswer"    // the DNS servers did not answer
)

// DomainError is returned when a domain cannot be added, or is not proven.
type DomainError struct {
	// Host is the domain.
	Host   string
	Reason DomainReason
}

func (e *DomainError) Error() string { return "domain " + e.Host + ": " + string(e.Reason) }

// Sentence explains the error to the owner of the Tenant.
func (e *DomainError) Sentence() string {
	switch e.Reason {
	case DomainTaken:
		return "Another blog has this domain. If it is yours, contact support."
	case DomainHeld:
		return "Another blog has just released this domain. Try again in a minute."
	case DomainNotListed:
		return "This site accepts only certain domains. To use this one, contact support."
	case TooManyDomains:
		return tooManyDomains
	case RecordMissing:
		return fmt.Sprintf("There is no TXT record %s yet. DNS changes take minutes, sometimes hours. Try again later.", domainproof.Prefix+e.Host)
	case RecordDiffers:
		return fmt.Sprintf("The TXT record %s has another value. Set it to the value above. DNS changes take minutes, sometimes hours.", domainproof.Prefix+e.Host)
	case ResolverUnreached:
		return fmt.Sprintf("The DNS servers of %s did not answer. Try again in a minute.", e.Host)
	}
	return ""
}

// Add adds a domain to a Tenant, unless it has it already. Errors are *InvalidError, *DomainError, ErrNoPlatform and those of Edit.
func (d *Domains) Add(ctx context.Context, t *v1alpha1.Tenant, text string, now time.Time) error {
	platform, err := d.tenants.Platform(ctx)
	if err != nil {
		return err
	}
	host, message := checkDomain(platform, text)
	switch {
	case message != "":
		return invalid(pathCustomDomains, "%s", message)
	case slices.Contains(t.Spec.CustomDomains, v1alpha1.CustomDomain(host)):
		return nil
	case len(t.Spec.CustomDomains) >= maxCustomDomains:
		return &DomainError{Host: host, Reason: TooManyDomains}
	case platform.CustomDomainPolicy() == v1alpha1.CustomDomainsListed && !platform.ListsCustomDomain(host):
		return &DomainError{Host: host, Reason: DomainNotListed}
	}
	if err := d.checkFree(ctx, t.Name, host, now); err != nil {
		return err
	}
	// Adding a domain is valid regardless of other changes.
	_, err = d.tenants.Edit(ctx, Change{Version: VersionOf(t).Latest(), Want: Settings{CustomDomains: []string{host}}})
	return err
}

// Remove removes a domain from a Tenant. It returns a *FieldOwnedError if another field manager has set the domain.
func (d *Domains) Remove(ctx context.Context, t *v1alpha1.Tenant, host string) error {
	_, err := d.tenants.Edit(ctx, Change{Version: VersionOf(t).Latest(), Base: Settings{CustomDomains: []string{host}}})
	return err
}

// checkFree returns a *DomainError if another Tenant has a host with a proof, or still holds it at the given time. The zero
// time: a released host is free.
func (d *Domains) checkFree(ctx context.Context, tenant, host string, now time.Time) error {
	owner, err := tenancy.NewReader(d.db).OwnerOfHost(ctx, host)
	switch {
	case err != nil:
		return err
	case owner == nil, owner.Owner == tenant && !owner.Tombstone, owner.Unproven:
		return nil
	case !owner.HeldUntil.IsZero() && (now.IsZero() || now.After(owner.HeldUntil)):
		return nil
	case !owner.HeldUntil.IsZero():
		return &DomainError{Host: host, Reason: DomainHeld}
	}
	return &DomainError{Host: host, Reason: DomainTaken}
}
