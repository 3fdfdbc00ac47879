package tenant

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func domainNotListed(e *desired.DomainNotListedError) *step.Error {
	return step.Stalled(v1alpha1.ConditionDomainsReady, v1alpha1.ReasonDomainNotListed,
		fmt.Sprintf("The Platform %q does not list the domain %q; it lists %s.", e.Platform, e.Domain, status.Quote(e.Listed)))
}

// reportDomains sets DomainsReady, and degrades it for custom domains that are refused or belong to another Tenant.
func (s *scope) reportDomains(ctx context.Context, want tenancy.Spec, refused []string) error {
	if len(refused) > 0 {
		s.Degrade(step.Stalled(v1alpha1.ConditionDomainsReady, v1alpha1.ReasonCustomDomainRefused,
			fmt.Sprintf("A custom domain must not be at or under a domain of the Platform: %s.", status.Quote(refused))))
		return nil
	}
	left := missing(want.CustomHosts, s.row.CustomHosts)
	for _, host := range left {
		owner, err := s.ownerOfHost(ctx, host)
		if err != nil {
			return s.databaseError(err)
		}
		s.Degrade(customDomainTaken(host, owner, s.now))
	}
	if len(left) == 0 {
		s.Set(v1alpha1.ConditionDomainsReady, metav1.ConditionTrue, v1alpha1.ReasonDomainsReady, fmt.Sprintf("All hosts belong to the Tenant: %s.", status.Quote(s.hosts())))
	}
	return nil
}

// customDomainsDiffer reports whether an update can bring the custom domains of the row closer to the wanted ones. A
// domain that belongs to another Tenant does not count: an update cannot add it.
func (s *scope) customDomainsDiffer(ctx context.Context, have, want []string) (bool, error) {
	if len(missing(have, want)) > 0 {
		return true, nil
	}
	for _, host := range missing(want, have) {
		owner, err := s.ownerOfHost(ctx, host)
		if err != nil {
			return false, err
		}
		if owner == nil || owner.Owner == s.tenant.Name || !owner.HeldUntil.IsZero() && !s.now.Before(owner.HeldUntil) {
			return true, nil
		}
	}
	return false, nil
}

func (s *scope) ownerOfHost(ctx context.Context, host string) (*tenancy.NameTakenError, error) {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	return s.store.OwnerOfHost(ctx, host)
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
