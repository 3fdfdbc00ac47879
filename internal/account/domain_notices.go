package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// domainNoticesPageSize is how many custom domains one query reads.
const domainNoticesPageSize = 200

// SendDomainNotices enqueues an email for each custom domain whose record is absent: one when that is first seen, and one
// when the blog has lost the domain. Its cost depends on the number of these domains. It has to run more often than once
// in a tenancy.Hold: after that, another blog may have a lost domain.
func (s *Service) SendDomainNotices(ctx context.Context) error {
	for after := ""; ; {
		domains, err := listAbsentDomains(ctx, s.db, after)
		if err != nil || len(domains) == 0 {
			return err
		}
		for _, d := range domains {
			enqueued, err := mail.EnqueueOnce(ctx, s.db, d.notice(), d.draft(), s.now())
			if err != nil {
				return err
			}
			if enqueued {
				s.mailQueued()
			}
			after = d.Host
		}
	}
}

// absentDomain is a custom domain whose record is absent, and whose owner has not been told yet.
type absentDomain struct {
	Host, Tenant string
	TenantID     int64
	Installation string
	OwnerID      int64
	AbsentSince  time.Time
	// Lost says that the blog has lost the domain, and Served that it is served there nevertheless.
	Lost, Served bool
}

// lostDomain is the condition under which a tenant has lost a row d of public.domains, whose record is absent.
const lostDomain = `(d.released_at IS NOT NULL OR d.proof <> '` + string(tenancy.ProofDNS) + `')`

// The kinds of notices, before the domain.
const absentNotice, lostNotice = "domain-absent:", "domain-lost:"

func listAbsentDomains(ctx context.Context, db postgres.Querier, after string) ([]absentDomain, error) {
	rows, err := db.Query(ctx, `SELECT d.host, t.name, t.id, i.id::text, u.id, d.absent_since,
			`+lostDomain+`, d.released_at IS NULL
		FROM public.domains d JOIN public.tenants t ON t.id = d.tenant_id JOIN public.users u ON u.username = t.owner CROSS JOIN public.installation i
		WHERE d.absent_since IS NOT NULL AND t.state = `+live+` AND u.state = 'active' AND d.host > $1
			AND NOT EXISTS (SELECT FROM public.notices n WHERE n.tenant = t.name AND n.about = (d.absent_since AT TIME ZONE 'UTC')::date
				AND n.kind = CASE WHEN `+lostDomain+` THEN $2 ELSE $3 END || d.host)
		ORDER BY d.host LIMIT $4`, after, lostNotice, absentNotice, domainNoticesPageSize)
	if err != nil {
		return nil, fmt.Errorf("list domains without their records: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[absentDomain])
	if err != nil {
		return nil, fmt.Errorf("list domains without their records: %w", err)
	}
	return found, nil
}

func (d absentDomain) notice() mail.Notice {
	name := absentNotice + d.Host
	if d.Lost {
		name = lostNotice + d.Host
	}
	return mail.Notice{Tenant: d.Tenant, Name: name, About: d.AbsentSince.UTC().Truncate(24 * time.Hour)}
}

func (d absentDomain) draft() mail.Draft {
	record := domainproof.RecordOf(d.Installation, d.TenantID, d.Host)
	about := mail.Domain{UserID: d.OwnerID, Tenant: d.Tenant, Host: d.Host, Record: record.Name, Value: record.Value}
	if d.Lost {
		about.Served = d.Served
		return mail.DomainLost(about)
	}
	about.Day = d.AbsentSince.Add(domainproof.Grace)
	return mail.DomainAbsent(about)
}
