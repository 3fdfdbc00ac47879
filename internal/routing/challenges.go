package routing

import (
	"regexp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// challengePath matches the path at which a certificate authority reads the proof of a host (RFC 8555, section 8.3). The
// characters are those of a token, so that a path cannot be a pattern for others.
var challengePath = regexp.MustCompile(`^/\.well-known/acme-challenge/[A-Za-z0-9_-]+$`)

// KeepChallenges returns the desired Ingress with the paths of ACME challenges that others have added to the live one.
// cert-manager does so for the time of a challenge (acme.cert-manager.io/http01-edit-in-place).
func KeepChallenges(live, want *networkingv1.Ingress) *networkingv1.Ingress {
	kept := want.DeepCopy()
	for i := range kept.Spec.Rules {
		rule := &kept.Spec.Rules[i]
		for _, other := range live.Spec.Rules {
			if other.Host != rule.Host || other.HTTP == nil {
				continue
			}
			for _, path := range slices.Backward(other.HTTP.Paths) {
				if isChallenge(path) {
					rule.HTTP.Paths = slices.Insert(rule.HTTP.Paths, 0, *path.DeepCopy())
				}
			}
		}
	}
	return kept
}

// withoutChallenges returns the live spec without the paths that KeepChallenges keeps.
func withoutChallenges(live, want networkingv1.IngressSpec) networkingv1.IngressSpec {
	spec := *live.DeepCopy()
	for i := range spec.Rules {
		if rule := spec.Rules[i]; rule.HTTP != nil && hasHost(want, rule.Host) {
			rule.HTTP.Paths = slices.DeleteFunc(rule.HTTP.Paths, isChallenge)
		}
	}
	return spec
}

func isChallenge(path networkingv1.HTTPIngressPath) bool { return challengePath.MatchString(path.Path) }

func hasHost(spec networkingv1.IngressSpec, host string) bool {
	return slices.ContainsFunc(spec.Rules, func(rule networkingv1.IngressRule) bool { return rule.Host == host })
}
