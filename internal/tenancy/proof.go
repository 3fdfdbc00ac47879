package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// Proof says why a tenant may have a custom host.
type Proof string

// The proofs.
const (
	// ProofListed says that the Platform lists the host.
	ProofListed Proof = "listed"
	// ProofDNS says that the TXT record of the host was seen.
	ProofDNS Proof = "dns"

	proofNone Proof = "none"
)

// ProvenSQL is the condition under which a row d of public.domains is a host whose tenant is known to be its owner: logins
// go to no other host.
const ProvenSQL = `(d.released_at IS NULL AND (d.is_primary OR d.proof = '` + string(ProofListed) + `' OR d.proof = '` + string(ProofDNS) + `' AND d.absent_since IS NULL))`

// Check is what DNS said about the TXT record of a custom host.
type Check struct {
	// CheckedAt is when DNS last said whether the record exists.
	CheckedAt time.Time
	// AbsentSince is since when the record is absent. The zero time: it is not.
	AbsentSince time.Time
	// ReleasedAt is when the host was released because its record was absent. The zero time: it was not.
	ReleasedAt time.Time
}

// ReleaseAt returns when the host is released if the record stays absent.
func (c Check) ReleaseAt() time.Time { return c.AbsentSince.Add(domainproof.Grace) }

// Record returns the TXT record by which the tenant proves a host.
func (t Tenant) Record(host string) domainproof.Record {
	return domainproof.RecordOf(t.Installation, t.ID, host)
}

// Proven reports whether the tenant is known to be the owner of a host now, as ProvenSQL does.
func (t Tenant) Proven(host string) bool {
	proof := t.Proofs[host]
	return host == t.PrimaryHost || proof == ProofListed || proof == ProofDNS && t.Checks[host].AbsentSince.IsZero()
}

// customHost is a custom host as it is read from the registry.
type customHost struct {
	Host        string     `json:"host"`
	Proof       Proof      `json:"proof"`
	CheckedAt   *time.Time `json:"checkedAt"`
	AbsentSince *time.Time `json:"absentSince"`
	ReleasedAt  *time.Time `json:"releasedAt"`
}

// splitCustomHosts returns what a tenant has of its custom hosts, and what DNS said about them.
func splitCustomHosts(rows []customHost) (hosts []string, proofs map[string]Proof, checks map[string]Check) {
	for _, h := range rows {
		if h.CheckedAt != nil || h.AbsentSince != nil {
			if checks == nil {
				checks = make(map[string]Check)
			}
			checks[h.Host] = Check{CheckedAt: orZero(h.CheckedAt), AbsentSince: orZero(h.AbsentSince), ReleasedAt: orZero(h.ReleasedAt)}
		}
		if h.ReleasedAt != nil {
			continue
		}
		hosts = append(hosts, h.Host)
		if h.Proof != proofNone {
			if proofs == nil {
				proofs = make(map[string]Proof)
			}
			proofs[h.Host] = h.Proof
		}
	}
	return hosts, proofs, checks
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// proofs returns the proof of each host, in the order of hosts.
func (s Spec) proofs() []string {
	var proofs []string
	for _, host := range s.hosts() {
		proof := s.Proofs[host]
		if proof == "" {
			proof = proofNone
		}
		proofs = append(proofs, string(proof))
	}
	return proofs
}

// provenHosts returns the custom hosts with a proof.
func (s Spec) provenHosts() []string {
	proven := []string{}
	for _, host := range s.CustomHosts {
		if s.Proofs[host] != "" {
			proven = append(proven, host)
		}
	}
	return proven
}

// queueTakeovers releases the hosts that spec has proved and that other tenants have without a proof. When their hold ends,
// no tenant without a proof gets them.
func queueTakeovers(batch *pgx.Batch, spec Spec, clock clock) {
	proven := spec.provenHosts()
	if len(proven) == 0 {
		return
	}
	batch.Queue(`WITH taken AS (
			UPDATE public.domains d SET released_at = `+later+`, next_tenant_id = t.id, absent_since = NULL FROM public.tenants t
			WHERE t.name = @name AND t.state = `+LiveSQL+` AND d.host = ANY (@hosts) AND d.tenant_id <> t.id AND NOT d.is_primary
				AND d.proof = '`+string(proofNone)+`' AND d.released_at IS NULL
			RETURNING d.tenant_id
		), changed AS (
			UPDATE public.tenants t SET updated_at = now() FROM taken WHERE t.id = taken.tenant_id RETURNING t.id
		) SELECT pg_notify(@channel, id::text) FROM changed`,
		clock.args(pgx.NamedArgs{"name": spec.Name, "hosts": proven, "channel": Channel}))
}

// graceStart is the latest time since which a record may be absent before its host is lost, in SQL.
var graceStart = beforeSQL(domainproof.Grace)

// Answer is the answer of DNS about the record of one host.
type Answer struct {
	Host string
	// Present reports whether the record exists with the right value.
	Present bool
	// At is the time of the answer.
	At time.Time
}

// RecordAnswers records what DNS says about hosts that the tenant with an id has proved by DNS. It returns the hosts whose
// records have been absent for domainproof.Grace: these are released, or, if serveUnproven is true, lose their proof only.
func (s *Store) RecordAnswers(ctx context.Context, id int64, answers []Answer, serveUnproven bool, now time.Time) (lost []string, err error) {
	err = s.inTransaction(ctx, "check", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, a := range answers {
			s.queueAnswer(batch, id, a, serveUnproven, now, &lost)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("record answers of DNS for tenant %d: %w", id, err)
		}
		if len(lost) == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE public.tenants SET updated_at = now() WHERE id = $1`, id); err != nil {
			return fmt.Errorf("record lost hosts of tenant %d: %w", id, err)
		}
		return notify(ctx, tx, id)
	})
	return lost, err
}

func (s *Store) queueAnswer(batch *pgx.Batch, id int64, a Answer, serveUnproven bool, now time.Time, lost *[]string) {
	const proved = ` WHERE host = @host AND tenant_id = @id AND released_at IS NULL AND proof = '` + string(ProofDNS) + `'`
	args := s.clock(now).args(pgx.NamedArgs{"host": a.Host, "id": id, "at": a.At})
	if a.Present {
		batch.Queue(`UPDATE public.domains SET checked_at = @at, absent_since = NULL`+proved, args)
		return
	}
	batch.Queue(`UPDATE public.domains SET checked_at = @at, absent_since = least(absent_since, `+later+`)`+proved, args)
	loss := `released_at = ` + later
	if serveUnproven {
		loss = `proof = '` + string(proofNone) + `'`
	}
	batch.Queue(`UPDATE public.domains SET `+loss+proved+` AND absent_since <= `+graceStart+` RETURNING host`, args).Query(func(rows pgx.Rows) error {
		hosts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		*lost = append(*lost, hosts...)
		return err
	})
}
