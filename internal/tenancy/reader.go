package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Reader reads the registry with the privileges of a connection.
type Reader struct{ db postgres.Querier }

// NewReader returns a Reader that queries db.
func NewReader(db postgres.Querier) Reader { return Reader{db} }

const (
	findCondition = `WHERE t.name = $1 AND t.state <> ` + SupersededSQL
	listCondition = `WHERE t.state = ` + LiveSQL + ` AND t.name > $1 ORDER BY t.name LIMIT $2`
)

// Find returns the tenant called name, or ErrNotFound. It is one indexed query, and the only one of a reconcile with
// nothing to do.
func (r Reader) Find(ctx context.Context, name string) (Tenant, error) {
	return r.one(ctx, "read tenant "+name, selectTenant+findCondition, name)
}

// Get returns the tenant with an ID, in any state, or ErrNotFound.
func (r Reader) Get(ctx context.Context, id int64) (Tenant, error) {
	return r.one(ctx, fmt.Sprintf("read tenant %d", id), selectTenant+`WHERE t.id = $1`, id)
}

// FindByHost returns the live tenant that a host belongs to, or ErrNotFound.
func (r Reader) FindByHost(ctx context.Context, host string) (Tenant, error) {
	return r.one(ctx, "read the tenant at "+host, selectTenant+`WHERE t.state = `+LiveSQL+` AND t.id = (
		SELECT d.tenant_id FROM public.domains d WHERE d.host = $1 AND d.released_at IS NULL)`, host)
}

func (r Reader) one(ctx context.Context, operation, sql string, args ...any) (Tenant, error) {
	rows, err := r.db.Query(ctx, sql, args...)
	if err != nil {
		return Tenant{}, fmt.Errorf("%s: %w", operation, err)
	}
	tenant, err := pgx.CollectExactlyOneRow(rows, scanTenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, ErrNotFound
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("%s: %w", operation, err)
	}
	return tenant, nil
}

// List returns live tenants in the order of their names: at most limit, beginning after the given name.
func (r Reader) List(ctx context.Context, after string, limit int) ([]Tenant, error) {
	return r.list(ctx, selectTenant+listCondition, after, limit)
}

func (r Reader) list(ctx context.Context, sql string, args ...any) ([]Tenant, error) {
	rows, err := r.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	tenants, err := pgx.CollectRows(rows, scanTenant)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return tenants, nil
}

// OwnerOfHost returns the owner of a host, as the error that another tenant gets when it requests the host. nil: the host
// is free.
func (r Reader) OwnerOfHost(ctx context.Context, host string) (*NameTakenError, error) {
	var (
		owner                       *string
		state                       *State
		unproven                    bool
		next                        *int64
		hostReleased, tenantRemoved *time.Time
	)
	err := r.db.QueryRow(ctx, `SELECT t.name, t.state, d.released_at, t.released_at,
			NOT d.is_primary AND d.proof = '`+string(proofNone)+`' AND d.released_at IS NULL, d.next_tenant_id
		FROM public.domains d LEFT JOIN public.tenants t ON t.id = d.tenant_id WHERE d.host = $1`, host).
		Scan(&owner, &state, &hostReleased, &tenantRemoved, &unproven, &next)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the owner of host %s: %w", host, err)
	}
	e := &NameTakenError{Name: host, Kind: HostName}
	if owner == nil {
		return e, nil
	}
	e.Owner, e.Tombstone, e.Unproven = *owner, *state == StateTombstone, unproven
	if next != nil {
		e.NextTenantID = *next
	}
	switch {
	case hostReleased != nil:
		e.HeldUntil = hostReleased.Add(Hold)
	case *state == StateReleased || *state == StateSuperseded:
		e.HeldUntil = tenantRemoved.Add(Hold)
	}
	return e, nil
}
