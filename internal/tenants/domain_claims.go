package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// DomainClaim is a custom domain whose owner has still to show that it is theirs.
type DomainClaim struct {
	// Tenant is to be served there, and Host is the domain.
	Tenant, Host string
	// Token is what a TXT record is to say. It is public.
	Token string
}

// ErrNoClaim says that the tenant does not claim the domain.
var ErrNoClaim = errors.New("the tenant does not claim this domain")

// ofThisTenant is the condition under which a claim c counts: it was made for the tenant that has the name now, not for
// one before it, whose TXT records may still be there.
const ofThisTenant = `EXISTS (SELECT FROM public.tenants t WHERE t.name = c.tenant AND t.state = 'live' AND t.created_at <= c.created_at)`

// ClaimDomain remembers a claim. One that is there stays as it is, with its token.
func ClaimDomain(ctx context.Context, db postgres.Querier, tenant, host string, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.domain_claims c WHERE c.tenant = $1 AND c.host = $2 AND NOT `+ofThisTenant, tenant, host)
	batch.Queue(`INSERT INTO public.domain_claims (tenant, host, token, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		tenant, host, secret.New(), now)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("remember that tenant %s claims %s: %w", tenant, host, err)
	}
	return nil
}

// ListClaims returns the claims of a tenant, in the order of their hosts.
func ListClaims(ctx context.Context, db postgres.Querier, tenant string) ([]DomainClaim, error) {
	rows, err := db.Query(ctx, `SELECT c.tenant, c.host, c.token FROM public.domain_claims c
		WHERE c.tenant = $1 AND `+ofThisTenant+` ORDER BY c.host LIMIT 100`, tenant)
	if err != nil {
		return nil, fmt.Errorf("list the domains that tenant %s claims: %w", tenant, err)
	}
	claims, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DomainClaim])
	if err != nil {
		return nil, fmt.Errorf("list the domains that tenant %s claims: %w", tenant, err)
	}
	return claims, nil
}

// FindClaim returns the claim of a tenant, or ErrNoClaim.
func FindClaim(ctx context.Context, db postgres.Querier, tenant, host string) (DomainClaim, error) {
	rows, err := db.Query(ctx, `SELECT c.tenant, c.host, c.token FROM public.domain_claims c
		WHERE c.tenant = $1 AND c.host = $2 AND `+ofThisTenant, tenant, host)
	if err != nil {
		return DomainClaim{}, fmt.Errorf("read how tenant %s claims %s: %w", tenant, host, err)
	}
	claim, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DomainClaim])
	if errors.Is(err, pgx.ErrNoRows) {
		return DomainClaim{}, ErrNoClaim
	}
	if err != nil {
		err = fmt.Errorf("read how tenant %s claims %s: %w", tenant, host, err)
	}
	return claim, err
}

// DropClaim forgets a claim: it was proved, or is given up.
func DropClaim(ctx context.Context, db postgres.Querier, tenant, host string) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.domain_claims WHERE tenant = $1 AND host = $2`, tenant, host); err != nil {
		return fmt.Errorf("forget that tenant %s claims %s: %w", tenant, host, err)
	}
	return nil
}

// DeleteStaleClaims forgets claims of tenants that are gone.
func DeleteStaleClaims(ctx context.Context, db postgres.Querier) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.domain_claims c WHERE NOT `+ofThisTenant); err != nil {
		return fmt.Errorf("forget the domains that deleted tenants claim: %w", err)
	}
	return nil
}
