package tenants

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// checksByUser limits the DNS lookups that a user can trigger.
var checksByUser = ratelimit.Limit{Kind: "verify-account", Free: 60, Window: time.Hour}

// ErrNoDomain is returned when a Tenant does not have a custom domain.
var ErrNoDomain = errors.New("the Tenant does not have this domain")

// Check looks up for a user the TXT record that proves a domain of a Tenant. It changes nothing: the operator looks for the
// record itself. Errors are ErrNoDomain, *DomainError if the record is not there, and *ratelimit.ExceededError.
func (d *Domains) Check(ctx context.Context, t *v1alpha1.Tenant, userID int64, host string, now time.Time) error {
	if !slices.Contains(t.Spec.CustomDomains, v1alpha1.CustomDomain(host)) {
		return ErrNoDomain
	}
	if err := ratelimit.Take(ctx, d.db, checksByUser, strconv.FormatInt(userID, 10), now); err != nil {
		return err
	}
	row, err := tenancy.NewReader(d.db).Find(ctx, t.Name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound) || err == nil && row.State != tenancy.StateLive:
		return ErrNoDomain
	case err != nil:
		return err
	}
	switch row.Record(host).LookUp(ctx, d.resolver) {
	case domainproof.Present:
		return nil
	case domainproof.Missing:
		return &DomainError{Host: host, Reason: RecordMissing}
	case domainproof.Differs:
		return &DomainError{Host: host, Reason: RecordDiffers}
	}
	return &DomainError{Host: host, Reason: ResolverUnreached}
}
