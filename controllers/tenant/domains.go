package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func domainNotListed(e *desired.DomainNotListedError) *step.Error {
	return step.Stalled(v1alpha1.ConditionDomainsReady, v1alpha1.ReasonDomainNotListed,
		fmt.Sprintf("The Platform %q does not list the domain %q; it lists %s.", e.Platform, e.Domain, status.Quote(e.Listed)))
}

// domainProblem is a reason why custom domains are not served.
type domainProblem struct{ reason, message string }

// reportDomains sets DomainsReady, and degrades it for custom domains that are not served: its reason is that of the first
// problem, and its message describes all.
func (s *scope) reportDomains(ctx context.Context, want tenancy.Spec, refused desired.Refused) error {
	if s.IsDegraded(v1alpha1.ConditionDomainsReady) { // by the primary host
		return nil
	}
	problems, retry, err := s.unavailableDomains(ctx, want)
	if err != nil {
		return s.databaseError(err)
	}
	if len(refused.UnderPlatform) > 0 {
		problems = append(problems, domainProblem{v1alpha1.ReasonCustomDomainRefused,
			fmt.Sprintf("A custom domain must not be at or under a domain of the Platform: %s.", status.Quote(refused.UnderPlatform))})
	}
	if len(refused.NotListed) > 0 {
		problems = append(problems, domainProblem{v1alpha1.ReasonCustomDomainNotListed,
			fmt.Sprintf("The Platform %q serves only custom domains that it lists, and does not list %s.", s.platform.Name, status.Quote(refused.NotListed))})
	}
	for _, host := range refused.Unproven {
		problems = append(problems, domainProblem{v1alpha1.ReasonCustomDomainUnproven, s.unproven(host)})
	}
	if len(problems) == 0 {
		message := fmt.Sprintf("All hosts belong to the Tenant: %s.", status.Quote(s.hosts())) + s.warnings()
		s.Set(v1alpha1.ConditionDomainsReady, metav1.ConditionTrue, v1alpha1.ReasonDomainsReady, message)
		return nil
	}
	messages := make([]string, len(problems))
	for i, p := range problems {
		messages[i] = p.message
	}
	kind := func(condition, reason, message string) *step.Error {
		return step.Stalled(condition, reason, message).WithRetryAfter(retry)
	}
	if problems[0].reason == v1alpha1.ReasonNameHeld {
		kind = func(condition, reason, message string) *step.Error {
			return step.Waiting(condition, reason, message, retry)
		}
	}
	s.Degrade(kind(v1alpha1.ConditionDomainsReady, problems[0].reason, strings.Join(messages, " ")))
	return nil
}

// unavailableDomains returns the custom domains that the row lacks because others have them, those that are held last, and
// the time until the next hold ends. 0: there is none.
func (s *scope) unavailableDomains(ctx context.Context, want tenancy.Spec) (problems []domainProblem, retry time.Duration, err error) {
	var held []domainProblem
	for _, host := range missing(want.CustomHosts, s.row.CustomHosts) {
		owner, err := s.ownerOfHost(ctx, host)
		if err != nil {
			return nil, 0, err
		}
		problem, wait := customDomainTaken(host, owner, s.freeAt(owner, want.Proofs[host]), s.now)
		if wait == 0 {
			problems = append(problems, problem)
			continue
		}
		held = append(held, problem)
		if retry == 0 || wait < retry {
			retry = wait
		}
	}
	return append(problems, held...), retry, nil
}

// unproven says by which record an unproven custom domain can be proven, and since when it is missing.
func (s *scope) unproven(host string) string {
	record, check := s.row.Record(host), s.row.Checks[host]
	message := fmt.Sprintf("The custom domain %q is not proven: it needs the TXT record %s with the value %q.", host, record.Name, record.Value)
	if !check.ReleasedAt.IsZero() {
		message += fmt.Sprintf(" It was released at %s, because the record had been absent for %d days.", check.ReleasedAt.UTC().Format(time.RFC3339), graceDays)
	}
	return message
}

// warnings says which custom domains the Tenant has without a proof that holds.
func (s *scope) warnings() string {
	var message strings.Builder
	for _, host := range s.row.CustomHosts {
		record := s.row.Record(host)
		switch {
		case s.row.Proven(host):
		case s.row.Proofs[host] == tenancy.ProofDNS:
			fmt.Fprintf(&message, " The custom domain %q loses its proof at %s unless the TXT record %s has the value %q: it has been absent since %s.", host,
				s.row.Checks[host].ReleaseAt().UTC().Format(time.RFC3339), record.Name, record.Value, s.row.Checks[host].AbsentSince.UTC().Format(time.RFC3339))
		default:
			fmt.Fprintf(&message, " The custom domain %q is not proven, so its owner cannot log in there and another Tenant can take it over: set the TXT record %s to the value %q.",
				host, record.Name, record.Value)
		}
	}
	return message.String()
}

// customDomainsDiffer reports whether an update can bring the custom domains of the row closer to the wanted ones. A
// domain that belongs to another Tenant does not count, unless that one has no proof and this one has: then it becomes a
// former owner.
func (s *scope) customDomainsDiffer(ctx context.Context, have, want tenancy.Spec) (bool, error) {
	left := missing(want.CustomHosts, have.CustomHosts)
	differ := len(missing(have.CustomHosts, want.CustomHosts)) > 0
	for _, host := range want.CustomHosts {
		differ = differ || !slices.Contains(left, host) && have.Proofs[host] != want.Proofs[host]
	}
	for _, host := range left {
		owner, err := s.ownerOfHost(ctx, host)
		if err != nil {
			return false, err
		}
		if s.mayClaim(owner, want.Proofs[host]) {
			differ = true
		}
	}
	return differ, nil
}

// mayClaim reports whether the Tenant, with a proof or without, can get a host from its owner.
func (s *scope) mayClaim(owner *tenancy.NameTakenError, proof tenancy.Proof) bool {
	switch {
	case owner == nil:
		return true
	case owner.Owner == s.tenant.Name && !owner.Tombstone && (owner.NextTenantID == 0 || proof != ""):
		return true
	case !owner.HeldUntil.IsZero():
		return !s.now.Before(s.freeAt(owner, proof))
	case proof != "" && owner.Unproven:
		s.formerOwners = append(s.formerOwners, owner.Owner)
		return true
	}
	return false
}

// freeAt returns when the Tenant can get a host that is held. The zero time: it is not.
func (s *scope) freeAt(owner *tenancy.NameTakenError, proof tenancy.Proof) time.Time {
	if owner == nil || owner.HeldUntil.IsZero() {
		return time.Time{}
	}
	if owner.NextTenantID != 0 && proof == "" {
		return owner.HeldUntil.Add(tenancy.Hold)
	}
	return owner.HeldUntil
}

// missing returns the hosts in want that are not in have.
func missing(want, have []string) []string {
	var left []string
	for _, host := range want {
		if !slices.Contains(have, host) {
			left = append(left, host)
		}
	}
	return left
}
