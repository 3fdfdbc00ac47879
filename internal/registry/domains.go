package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// TakenError says that a name is not to be had, and who has it.
type TakenError struct {
	// Name is the host, schema or tenant name that was asked for.
	Name string
	// Kind says what the name is.
	Kind NameKind
	// Owner is the tenant that has it. Empty: the public site.
	Owner string
	// Tombstone says that the owner is deleted and its data is still kept.
	Tombstone bool
	// HeldUntil is when the name becomes free by itself. The zero time: not by itself.
	HeldUntil time.Time
}

// ErrRace says that somebody else changed the same tenant, or took or freed the same names, at the same moment. Who looks
// again finds what came of it.
var ErrRace = errors.New("another operator was faster")

// NameKind says what a taken name is.
type NameKind string

// The kinds of names.
const (
	TenantName NameKind = "name"
	SchemaName NameKind = "schema"
	HostName   NameKind = "host"
)

func (e *TakenError) Error() string {
	return fmt.Sprintf("the %s %q belongs to %q", e.Kind, e.Name, e.Owner)
}

// queueReleases gives up the hosts that spec does not list, and holds them for a minute.
func queueReleases(batch *pgx.Batch, spec Spec, clock Clock) {
	batch.Queue(`UPDATE public.domains SET released_at = `+later+`, is_primary = false
		WHERE released_at IS NULL AND NOT host = ANY ($4)
		AND tenant_id = (SELECT id FROM public.tenants WHERE name = $3 AND state = 'live')`,
		clock.Now, clock.MaxSkew, spec.Name, spec.hosts())
	batch.Queue(`UPDATE public.domains SET is_primary = false
		WHERE is_primary AND host <> $2
		AND tenant_id = (SELECT id FROM public.tenants WHERE name = $1 AND state = 'live')`, spec.Name, spec.PrimaryHost)
}

type claim struct{ primary bool }

// queueClaims takes the hosts that spec lists as far as nobody else has them. The result is valid after the batch.
func queueClaims(batch *pgx.Batch, spec Spec) *claim {
	var owned claim
	batch.Queue(`INSERT INTO public.domains AS d (host, tenant_id, is_primary)
		SELECT h.host, t.id, h.host = $2 FROM unnest($3::text[]) AS h (host), public.tenants t
		WHERE t.name = $1 AND t.state = 'live' ORDER BY h.host <> $2, h.host
		ON CONFLICT (host) DO UPDATE SET is_primary = excluded.is_primary, released_at = NULL
			WHERE d.tenant_id = excluded.tenant_id
		RETURNING is_primary`, spec.Name, spec.PrimaryHost, spec.hosts()).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var primary bool
			if err := rows.Scan(&primary); err != nil {
				return err
			}
			owned.primary = owned.primary || primary
		}
		return rows.Err()
	})
	return &owned
}

// taken finds out who has the name, schema or primary host that spec asked for in vain.
func taken(ctx context.Context, db Querier, spec Spec) error {
	byName, err := ownerOfNames(ctx, db, spec)
	if err != nil {
		return err
	}
	if byName != nil {
		return byName
	}
	byHost, err := OwnerOfHost(ctx, db, spec.PrimaryHost)
	if err != nil {
		return err
	}
	if byHost == nil || byHost.Owner == spec.Name && !byHost.Tombstone && byHost.HeldUntil.IsZero() {
		return fmt.Errorf("take the names of tenant %s: %w", spec.Name, ErrRace)
	}
	return byHost
}

// ownerOfNames returns who else has the tenant's name or schema, or nil.
func ownerOfNames(ctx context.Context, db Querier, spec Spec) (*TakenError, error) {
	var (
		name, schema string
		state        State
		releasedAt   *time.Time
	)
	err := db.QueryRow(ctx, `SELECT name, schema_name, state, released_at FROM public.tenants
		WHERE (name = $1 OR schema_name = $2) AND state <> 'superseded' AND NOT (name = $1 AND state = 'live')
		ORDER BY name <> $1 LIMIT 1`, spec.Name, spec.SchemaName).Scan(&name, &schema, &state, &releasedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look who has the names of tenant %s: %w", spec.Name, err)
	}
	e := &TakenError{Name: spec.SchemaName, Kind: SchemaName, Owner: name, Tombstone: state == Tombstone}
	if name == spec.Name {
		e.Name, e.Kind = name, TenantName
	}
	if state == Released {
		e.HeldUntil = releasedAt.Add(Hold)
	}
	return e, nil
}

// OwnerOfHost returns who has a host, or nil when nobody has.
func OwnerOfHost(ctx context.Context, db Querier, host string) (*TakenError, error) {
	var (
		owner                    *string
		state                    *State
		hostReleased, tenantGone *time.Time
	)
	err := db.QueryRow(ctx, `SELECT t.name, t.state, d.released_at, t.released_at
		FROM public.domains d LEFT JOIN public.tenants t ON t.id = d.tenant_id WHERE d.host = $1`, host).
		Scan(&owner, &state, &hostReleased, &tenantGone)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look who has the host %s: %w", host, err)
	}
	e := &TakenError{Name: host, Kind: HostName}
	if owner == nil {
		return e, nil
	}
	e.Owner, e.Tombstone = *owner, *state == Tombstone
	switch {
	case hostReleased != nil && !e.Tombstone:
		e.HeldUntil = hostReleased.Add(Hold)
	case *state == Released || *state == Superseded:
		e.HeldUntil = tenantGone.Add(Hold)
	}
	return e, nil
}

// TenantAt returns the live tenant that has a host, or ErrNoTenant.
func TenantAt(ctx context.Context, db Querier, host string) (Listing, error) {
	rows, err := db.Query(ctx, selectListings+`WHERE t.state = 'live' AND t.id = (
		SELECT d.tenant_id FROM public.domains d WHERE d.host = $1 AND d.released_at IS NULL)`, host)
	if err != nil {
		return Listing{}, fmt.Errorf("look which tenant has the host %s: %w", host, err)
	}
	listing, err := pgx.CollectExactlyOneRow(rows, scanListing)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Listing{}, ErrNoTenant
	case err != nil:
		return Listing{}, fmt.Errorf("look which tenant has the host %s: %w", host, err)
	}
	return listing, nil
}

// SetPublicHosts makes the public site's hosts the given ones, so that no tenant can take them. It returns those that
// a tenant has already.
func SetPublicHosts(ctx context.Context, db Querier, hosts []string) ([]string, error) {
	var refused []string
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.domains WHERE tenant_id IS NULL AND NOT host = ANY ($1)`, hosts)
	batch.Queue(`INSERT INTO public.domains (host, is_primary) SELECT h, false FROM unnest($1::text[]) h ORDER BY h
		ON CONFLICT (host) DO NOTHING`, hosts)
	batch.Queue(`SELECT host FROM public.domains WHERE host = ANY ($1) AND tenant_id IS NOT NULL ORDER BY host`, hosts).Query(func(rows pgx.Rows) (err error) {
		refused, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("write the hosts of the public site: %w", err)
	}
	return refused, nil
}
