package tenant

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/lookups"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// watchRecords has the records of the Tenant's custom domains looked up from now on.
func (r *Reconciler) watchRecords(s *scope) {
	var hosts []lookups.Host
	for _, domain := range s.tenant.Spec.CustomDomains {
		host := string(domain)
		if s.row.ID == 0 || !desired.NeedsProof(s.platform, host) {
			continue
		}
		check := s.row.Checks[host]
		hosts = append(hosts, lookups.Host{
			Name: host, Record: s.row.Record(host), Proven: s.row.Proofs[host] == tenancy.ProofDNS,
			Absent: !check.AbsentSince.IsZero(), CheckedAt: check.CheckedAt,
		})
	}
	r.Lookups.Watch(client.ObjectKeyFromObject(s.tenant), hosts)
}

// recordAnswers records what DNS says about the hosts that the row has proofs for, if that is news, and returns the row as
// it is then.
func (r *Reconciler) recordAnswers(ctx context.Context, s *scope, row tenancy.Tenant) (tenancy.Tenant, error) {
	var news []tenancy.Answer
	for host, answer := range r.Lookups.Answers(client.ObjectKeyFromObject(s.tenant)) {
		if row.Proofs[host] == tenancy.ProofDNS && isNews(row.Checks[host], answer, s.now) {
			news = append(news, tenancy.Answer{Host: host, Present: answer.Present, At: answer.At})
		}
	}
	if len(news) == 0 {
		return row, nil
	}
	slices.SortFunc(news, func(a, b tenancy.Answer) int { return cmp.Compare(a.Host, b.Host) })
	serveUnproven := s.platform.CustomDomainPolicy() == v1alpha1.CustomDomainsAny
	lost, err := s.store.RecordAnswers(ctx, row.ID, news, serveUnproven, s.now)
	if err != nil {
		return row, err
	}
	if len(lost) > 0 {
		s.needsProbe = true
		r.recordEvent(s.tenant, corev1.EventTypeWarning, v1alpha1.ReasonCustomDomainReleased, "Release",
			fmt.Sprintf("The TXT records of custom domains have been absent for %d days, so they lost their proof: %s.", graceDays, status.Quote(lost)))
		r.requeueNameConflicts(ctx, s.tenant)
	}
	return readRow(ctx, s, s.store.Find)
}

// graceDays is domainproof.Grace in days.
const graceDays = int(domainproof.Grace / (24 * time.Hour))

// isNews reports whether an answer changes what the registry says at a time: the record is there, or it has begun to be
// absent or has been for long enough. Times in the future come from a clock that was ahead.
func isNews(check tenancy.Check, answer lookups.Answer, now time.Time) bool {
	switch {
	case !answer.At.After(check.CheckedAt) && !check.CheckedAt.After(now):
		return false
	case answer.Present:
		return true
	}
	return check.AbsentSince.IsZero() || check.AbsentSince.After(now) || !answer.At.Before(check.ReleaseAt())
}

// withAnswers returns what is known of the Tenant: its row, and the records that DNS has.
func (r *Reconciler) withAnswers(s *scope, row tenancy.Tenant) tenancy.Spec {
	known := row.Spec
	known.Proofs = maps.Clone(row.Proofs) // differingFields compares the row's own
	for host, answer := range r.Lookups.Answers(client.ObjectKeyFromObject(s.tenant)) {
		if answer.Present && known.Proofs[host] == "" {
			if known.Proofs == nil {
				known.Proofs = make(map[string]tenancy.Proof)
			}
			known.Proofs[host], s.newProofs = tenancy.ProofDNS, true
		}
	}
	return known
}

func (s *scope) ownerOfHost(ctx context.Context, host string) (*tenancy.NameTakenError, error) {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	return s.store.OwnerOfHost(ctx, host)
}
