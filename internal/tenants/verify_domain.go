package tenants

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// lookupTimeout bounds the lookup of one TXT record.
const lookupTimeout = 5 * time.Second

// verificationsByUser limits the DNS lookups that a user can trigger.
var verificationsByUser = ratelimit.Limit{Kind: "verify-account", Free: 60, Window: time.Hour}

// Resolver looks up TXT records. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Verify looks up the TXT record of a claim for a user and, if its value is right, adds the domain to the Tenant. Errors are
// ErrNoClaim, *DomainError, *ratelimit.ExceededError and those of Edit.
func (d *Domains) Verify(ctx context.Context, t *v1alpha1.Tenant, userID int64, host string, now time.Time) error {
	if err := ratelimit.Take(ctx, d.db, verificationsByUser, strconv.FormatInt(userID, 10), now); err != nil {
		return err
	}
	claim, err := findClaim(ctx, d.db, t.Name, host)
	if err != nil {
		return err
	}
	if err := d.lookUp(ctx, claim); err != nil {
		return err
	}
	if err := d.checkFree(ctx, t.Name, host, now); err != nil {
		return err
	}
	// Adding a domain is valid regardless of other changes.
	_, err = d.tenants.Edit(ctx, Change{Version: VersionOf(t).Latest(), Want: Settings{CustomDomains: []string{host}}})
	if err != nil {
		return err
	}
	return deleteClaim(ctx, d.db, t.Name, host)
}

// lookUp returns a *DomainError unless the TXT record of a claim has the right value.
func (d *Domains) lookUp(ctx context.Context, claim DomainClaim) error {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	records, err := d.resolver.LookupTXT(ctx, claim.RecordName()+".") // absolute: no search domain is appended
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return &DomainError{Host: claim.Host, Reason: RecordMissing}
	case err != nil:
		return &DomainError{Host: claim.Host, Reason: ResolverUnreached}
	case !slices.ContainsFunc(records, func(record string) bool { return strings.TrimSpace(record) == claim.RecordValue() }):
		return &DomainError{Host: claim.Host, Reason: RecordDiffers}
	}
	return nil
}
