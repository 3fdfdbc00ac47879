package controllers

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// ensurePlatformRoute makes the Platform's own Ingress what it has to be: the public site's hosts, and a rule without
// a host for whatever nobody owns.
//
// Sets RouteReady; False with HostTaken, IngressNotOwned, IngressFailed or CertificatePending.
func (r *PlatformReconciler) ensurePlatformRoute(ctx context.Context, s *platformScope) error {
	want := routing.ForPlatform(s.platform, s.platform.PublicHostNames())
	if _, err := r.routes.ensure(ctx, s.platform, want); err != nil {
		return err
	}
	pending, err := r.routes.pendingCertificate(ctx, want)
	if err != nil {
		return err
	}
	if pending != nil {
		s.degrade(pending)
	}
	if s.degraded == nil {
		s.set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, fmt.Sprintf("Ingress %s leads to the public site.", want.Name))
	}
	return nil
}
