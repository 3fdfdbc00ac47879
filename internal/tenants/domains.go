package tenants

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// recordPrefix is prepended to a domain: a TXT record of that name verifies the domain. The prefix separates the record
	// from those that other programs read.
	recordPrefix = "_echoblogs."
	valuePrefix  = "echoblogs-verification="
)

// Domains adds custom domains to Tenants. An owner claims a domain (Add), sets the TXT record of the claim, and has it
// checked (Verify), which adds the domain to the Tenant. Domains in a manifest need no claim.
type Domains struct {
	tenants  *Client
	db       postgres.Beginner
	resolver Resolver
}

// NewDomains returns a Domains for a client's Tenants.
func NewDomains(tenants *Client, db postgres.Beginner, resolver Resolver) *Domains {
	return &Domains{tenants: tenants, db: db, resolver: resolver}
}

// DomainReason says why a domain cannot be added or verified.
type DomainReason string

// The reasons.
const (
	DomainAdded       DomainReason = "Added"       // the Tenant has it already
	DomainTaken       DomainReason = "Taken"       // another Tenant has it
	DomainHeld        DomainReason = "Held"        // another Tenant has just released it
	TooManyDomains    DomainReason = "TooMany"     // the Tenant has, or claims, the largest number
	RecordMissing     DomainReason = "NoRecord"    // the TXT record does not exist
	RecordDiffers     DomainReason = "WrongRecord" // the TXT record has another value
	ResolverUnreached DomainReason = "NoAnswer"    // the DNS servers did not answer
)

// DomainError is returned when a domain cannot be added or verified.
type DomainError struct {
	// Host is the domain.
	Host   string
	Reason DomainReason
}

func (e *DomainError) Error() string { return "domain " + e.Host + ": " + string(e.Reason) }

// Sentence explains the error to the owner of the Tenant.
func (e *DomainError) Sentence() string {
	switch e.Reason {
	case DomainAdded:
		return "Your blog already has this domain."
	case DomainTaken:
		return "Another blog has this domain. If it is yours, contact support."
	case DomainHeld:
		return "Another blog has just released this domain. Try again in a minute."
	case TooManyDomains:
		return tooManyDomains
	case RecordMissing:
		return fmt.Sprintf("There is no TXT record %s yet. DNS changes take minutes, sometimes hours. Try again later.", recordPrefix+e.Host)
	case RecordDiffers:
		return fmt.Sprintf("The TXT record %s has another value. Set it to the value above. DNS changes take minutes, sometimes hours.", recordPrefix+e.Host)
	case ResolverUnreached:
		return fmt.Sprintf("The DNS servers of %s did not answer. Try again in a minute.", e.Host)
	}
	return ""
}

// Claims returns the claims of a Tenant that are not verified yet, ordered by host.
func (d *Domains) Claims(ctx context.Context, t *v1alpha1.Tenant) ([]DomainClaim, error) {
	claims, err := listClaims(ctx, d.db, t.Name)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(claims, func(c DomainClaim) bool { return hasDomain(t, c.Host) }), nil
}

// Add claims a domain for a Tenant and returns the claim. Adding the same domain again returns the same claim. Errors are
// *InvalidError, *DomainError and ErrNoPlatform.
func (d *Domains) Add(ctx context.Context, t *v1alpha1.Tenant, text string, now time.Time) (DomainClaim, error) {
	platform, err := d.tenants.Platform(ctx)
	if err != nil {
		return DomainClaim{}, err
	}
	host, message := checkDomain(platform, text)
	if message != "" {
		return DomainClaim{}, invalid(pathCustomDomains, "%s", message)
	}
	if hasDomain(t, host) {
		return DomainClaim{}, &DomainError{Host: host, Reason: DomainAdded}
	}
	claims, err := d.Claims(ctx, t)
	if err != nil {
		return DomainClaim{}, err
	}
	claimed := slices.ContainsFunc(claims, func(c DomainClaim) bool { return c.Host == host })
	if !claimed && len(t.Spec.CustomDomains)+len(claims) >= maxCustomDomains {
		return DomainClaim{}, &DomainError{Host: host, Reason: TooManyDomains}
	}
	if err := d.checkFree(ctx, t.Name, host, now); err != nil {
		return DomainClaim{}, err
	}
	return insertClaim(ctx, d.db, t.Name, host, now)
}

// Remove removes a domain from a Tenant, or the claim of one. It returns a *FieldOwnedError if another field manager has
// set the domain.
func (d *Domains) Remove(ctx context.Context, t *v1alpha1.Tenant, host string) error {
	_, err := d.tenants.Edit(ctx, Change{Version: VersionOf(t).Latest(), Base: Settings{CustomDomains: []string{host}}})
	if err != nil {
		return err
	}
	return deleteClaim(ctx, d.db, t.Name, host)
}

// checkFree returns a *DomainError if another Tenant has a host.
func (d *Domains) checkFree(ctx context.Context, tenant, host string, now time.Time) error {
	owner, err := tenancy.NewReader(d.db).OwnerOfHost(ctx, host)
	switch {
	case err != nil:
		return err
	case owner == nil, owner.Owner == tenant, !owner.HeldUntil.IsZero() && now.After(owner.HeldUntil):
		return nil
	case !owner.HeldUntil.IsZero():
		return &DomainError{Host: host, Reason: DomainHeld}
	}
	return &DomainError{Host: host, Reason: DomainTaken}
}

func hasDomain(t *v1alpha1.Tenant, host string) bool {
	return slices.Contains(t.Spec.CustomDomains, v1alpha1.CustomDomain(host))
}
