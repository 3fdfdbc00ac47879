package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// DomainClaim is a custom domain that the owner of a Tenant has not verified yet.
type DomainClaim struct {
	// Tenant is the Tenant's name.
	Tenant string
	// Host is the domain.
	Host string
	// Token is part of the TXT record. It is public.
	Token string
}

// RecordName is the name of the TXT record that verifies the claim.
func (c DomainClaim) RecordName() string { return recordPrefix + c.Host }

// RecordValue is the value of the TXT record that verifies the claim.
func (c DomainClaim) RecordValue() string { return valuePrefix + c.Token }

// ErrNoClaim is returned when a Tenant does not claim a domain.
var ErrNoClaim = errors.New("the Tenant does not claim this domain")

// claimIsCurrent is the condition under which a claim c belongs to the current tenant of its name. The TXT record of an
// earlier tenant of the same name may still exist.
const claimIsCurrent = `EXISTS (SELECT FROM public.tenants t WHERE t.name = c.tenant AND t.state = ` + tenancy.LiveSQL + ` AND t.created_at <= c.created_at)`

const selectClaims = `SELECT c.tenant, c.host, c.token FROM public.domain_claims c WHERE ` + claimIsCurrent

// maxClaims bounds the claims that are read. A Tenant cannot have more custom domains and claims than maxCustomDomains,
// except by adding them concurrently.
const maxClaims = 100

// insertClaim stores a claim and returns it. An existing claim keeps its token.
func insertClaim(ctx context.Context, db postgres.Querier, tenant, host string, now time.Time) (DomainClaim, error) {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.domain_claims c WHERE c.tenant = $1 AND c.host = $2 AND NOT `+claimIsCurrent, tenant, host)
	batch.Queue(`INSERT INTO public.domain_claims (tenant, host, token, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		tenant, host, secret.New(), now)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return DomainClaim{}, fmt.Errorf("insert claim of tenant %s to %s: %w", tenant, host, err)
	}
	return findClaim(ctx, db, tenant, host)
}

// listClaims returns the claims of a tenant, ordered by host.
func listClaims(ctx context.Context, db postgres.Querier, tenant string) ([]DomainClaim, error) {
	rows, err := db.Query(ctx, selectClaims+` AND c.tenant = $1 ORDER BY c.host LIMIT $2`, tenant, maxClaims)
	if err != nil {
		return nil, fmt.Errorf("list claims of tenant %s: %w", tenant, err)
	}
	claims, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DomainClaim])
	if err != nil {
		return nil, fmt.Errorf("list claims of tenant %s: %w", tenant, err)
	}
	return claims, nil
}

// findClaim returns a claim, or ErrNoClaim.
func findClaim(ctx context.Context, db postgres.Querier, tenant, host string) (DomainClaim, error) {
	rows, err := db.Query(ctx, selectClaims+` AND c.tenant = $1 AND c.host = $2`, tenant, host)
	if err != nil {
		return DomainClaim{}, fmt.Errorf("read claim of tenant %s to %s: %w", tenant, host, err)
	}
	claim, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DomainClaim])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return DomainClaim{}, ErrNoClaim
	case err != nil:
		return DomainClaim{}, fmt.Errorf("read claim of tenant %s to %s: %w", tenant, host, err)
	}
	return claim, nil
}

func deleteClaim(ctx context.Context, db postgres.Querier, tenant, host string) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.domain_claims WHERE tenant = $1 AND host = $2`, tenant, host); err != nil {
		return fmt.Errorf("delete claim of tenant %s to %s: %w", tenant, host, err)
	}
	return nil
}

// DeleteStale deletes the claims of tenants that no longer exist.
func (d *Domains) DeleteStale(ctx context.Context) error {
	if _, err := d.db.Exec(ctx, `DELETE FROM public.domain_claims c WHERE NOT `+claimIsCurrent); err != nil {
		return fmt.Errorf("delete claims of deleted tenants: %w", err)
	}
	return nil
}
