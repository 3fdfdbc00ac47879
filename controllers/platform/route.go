package platform

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// ensureRoute applies the Platform's own Ingress: the hosts of the public site, and wildcards.
//
// Sets RouteReady; False with PublicHostTaken, IngressNotOwned, IngressRejected, CertificatePending or
// CertificateInvalid.
func (r *Reconciler) ensureRoute(ctx context.Context, s *scope) error {
	want := routing.ForPlatform(s.platform, desired.Application(r.Stores.Application, s.platform).Backend, s.platform.PublicHostNames())
	if _, err := r.ingresses.Ensure(ctx, want); err != nil {
		return err
	}
	problem, _, err := r.ingresses.CheckCertificates(ctx, want, s.now) // checkInterval is short enough to notice the end of one
	if err != nil {
		return err
	}
	if problem != nil {
		s.Degrade(problem)
	}
	if !s.IsDegraded(v1alpha1.ConditionRouteReady) {
		s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, fmt.Sprintf("Ingress %s routes to the public site.", want.Name))
	}
	return nil
}

// ingressKey returns the key of a Platform's Ingress.
func ingressKey(platform types.NamespacedName) types.NamespacedName {
	return types.NamespacedName{Namespace: platform.Namespace, Name: routing.PlatformIngressName(platform.Name)}
}

// deleteLeftover deletes the Ingress of a Platform that is gone.
func (r *Reconciler) deleteLeftover(ctx context.Context, gone types.NamespacedName) error {
	key := ingressKey(gone)
	leftover, err := r.ingresses.Leftover(ctx, key, gone, &v1alpha1.Platform{})
	if err != nil || leftover == nil {
		return err
	}
	return r.ingresses.Delete(ctx, key)
}
