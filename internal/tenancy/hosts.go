package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// NameTakenError says that a name is unavailable, and to whom it belongs.
type NameTakenError struct {
	// Name is the requested host, schema or tenant name.
	Name string
	// Kind says what the name is.
	Kind NameKind
	// Owner is the tenant that has it. Empty: the public site.
	Owner string
	// Tombstone says that the owner is deleted and its data is retained.
	Tombstone bool
	// HeldUntil is when the name becomes available without further action. The zero time: never.
	HeldUntil time.Time
	// Unproven says that the owner has the host without a proof: a tenant that proves it takes it over.
	Unproven bool
	// NextTenantID is the tenant that takes a held host over. A tenant without a proof gets it a Hold later at the earliest.
	// 0: none.
	NextTenantID int64
}

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("the %s %q belongs to %q", e.Kind, e.Name, e.Owner)
}

// queueReleases releases the hosts of a tenant that spec does not list, which begins their hold.
func queueReleases(batch *pgx.Batch, spec Spec, clock clock) {
	batch.Queue(`UPDATE public.domains SET released_at = `+later+`, is_primary = false, absent_since = NULL
		WHERE released_at IS NULL AND NOT host = ANY (@hosts)
		AND tenant_id = (SELECT id FROM public.tenants WHERE name = @name AND state = `+LiveSQL+`)`,
		clock.args(pgx.NamedArgs{"name": spec.Name, "hosts": spec.hosts()}))
	batch.Queue(`UPDATE public.domains SET is_primary = false
		WHERE is_primary AND host <> $2
		AND tenant_id = (SELECT id FROM public.tenants WHERE name = $1 AND state = `+LiveSQL+`)`, spec.Name, spec.PrimaryHost)
}

// claim is the outcome of queueClaims.
type claim struct{ primary bool }

// queueClaims claims the hosts that spec lists, except for those of others. The result is valid once the batch has been
// sent. What DNS said about a host is kept, unless the host was released or has another proof.
func queueClaims(batch *pgx.Batch, spec Spec, now time.Time) *claim {
	var owned claim
	const same = `d.proof = excluded.proof AND d.released_at IS NULL`
	batch.Queue(`INSERT INTO public.domains AS d (host, tenant_id, is_primary, proof, checked_at)
		SELECT h.host, t.id, h.host = $2, h.proof, CASE WHEN h.proof = '`+string(ProofDNS)+`' THEN $5::timestamptz END
		FROM unnest($3::text[], $4::text[]) AS h (host, proof), public.tenants t
		WHERE t.name = $1 AND t.state = `+LiveSQL+` ORDER BY h.host <> $2, h.host
		ON CONFLICT (host) DO UPDATE SET is_primary = excluded.is_primary, released_at = NULL, next_tenant_id = NULL, proof = excluded.proof,
			checked_at = CASE WHEN `+same+` THEN d.checked_at ELSE excluded.checked_at END,
			absent_since = CASE WHEN `+same+` THEN d.absent_since END
			WHERE d.tenant_id = excluded.tenant_id AND (d.next_tenant_id IS NULL OR excluded.proof <> '`+string(proofNone)+`')
		RETURNING is_primary`, spec.Name, spec.PrimaryHost, spec.hosts(), spec.proofs(), now).Query(func(rows pgx.Rows) error {
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

// nameTaken returns the owner of the name, schema or primary host that spec could not get.
func nameTaken(ctx context.Context, db postgres.Querier, spec Spec) error {
	byName, err := ownerOfNames(ctx, db, spec)
	if err != nil {
		return err
	}
	if byName != nil {
		return byName
	}
	byHost, err := Reader{db}.OwnerOfHost(ctx, spec.PrimaryHost)
	if err != nil {
		return err
	}
	if byHost == nil || byHost.Owner == spec.Name && !byHost.Tombstone && byHost.HeldUntil.IsZero() {
		return fmt.Errorf("claim the names of tenant %s: %w", spec.Name, ErrConflict)
	}
	return byHost
}

// ownerOfNames returns which other tenant has the tenant's name or schema, or nil.
func ownerOfNames(ctx context.Context, db postgres.Querier, spec Spec) (*NameTakenError, error) {
	var (
		name, schema string
		state        State
		releasedAt   *time.Time
	)
	err := db.QueryRow(ctx, `SELECT name, schema_name, state, released_at FROM public.tenants
		WHERE (name = $1 OR schema_name = $2) AND state <> `+SupersededSQL+` AND NOT (name = $1 AND state = `+LiveSQL+`)
		ORDER BY name <> $1 LIMIT 1`, spec.Name, spec.SchemaName).Scan(&name, &schema, &state, &releasedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the owner of the names of tenant %s: %w", spec.Name, err)
	}
	e := &NameTakenError{Name: spec.SchemaName, Kind: SchemaName, Owner: name, Tombstone: state == StateTombstone}
	if name == spec.Name {
		e.Name, e.Kind = name, TenantName
	}
	if state == StateReleased {
		e.HeldUntil = releasedAt.Add(Hold)
	}
	return e, nil
}

// SetPublicHosts reserves the hosts of the public site, so that no tenant can claim them, and frees those reserved before.
// It returns those that tenants already have.
func (s *Store) SetPublicHosts(ctx context.Context, hosts []string) (taken []string, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.domains WHERE tenant_id IS NULL AND NOT host = ANY ($1)`, hosts)
	batch.Queue(`INSERT INTO public.domains (host, is_primary) SELECT h, false FROM unnest($1::text[]) h ORDER BY h
		ON CONFLICT (host) DO NOTHING`, hosts)
	batch.Queue(`SELECT host FROM public.domains WHERE host = ANY ($1) AND tenant_id IS NOT NULL ORDER BY host`, hosts).Query(func(rows pgx.Rows) (err error) {
		taken, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	err = s.inTransaction(ctx, "reserve_hosts", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("reserve the hosts of the public site: %w", err)
		}
		return nil
	})
	return taken, err
}
