package tenant

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// ensureRoute applies the Tenant's Ingress and checks its certificates.
//
// Sets RouteReady; False with IngressNotOwned, IngressRejected, CertificatePending or CertificateInvalid.
func (r *Reconciler) ensureRoute(ctx context.Context, s *scope) error {
	former := s.row.FormerHosts() // which need no certificate for the Tenant to be served
	want := routing.ForTenant(s.platform, s.app.Backend, s.tenant, s.row.PrimaryHost, s.row.CustomHosts, former)
	if want == nil {
		if err := r.ingresses.Delete(ctx, ingressKey(client.ObjectKeyFromObject(s.tenant))); err != nil {
			return err
		}
		s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, "The Platform's wildcard Ingress routes to the backend.")
		return nil
	}
	changed, err := r.ingresses.Ensure(ctx, want)
	if err != nil {
		return err
	}
	if changed {
		s.needsProbe = true
		if r.isDrift(s) && s.IsTrue(v1alpha1.ConditionRouteReady) && !s.hostsChanged() && !s.redirectsChanged {
			routeRepairs.Inc()
			r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonIngressRepaired, "Repair", fmt.Sprintf("Repaired Ingress %s, which had drifted.", want.Name))
		}
	}
	problem, expires, err := r.ingresses.CheckCertificates(ctx, routing.WithoutCertificates(want, former), s.now)
	if err != nil {
		return err
	}
	if problem != nil {
		s.Degrade(problem)
		return nil
	}
	s.certificatesExpire = expires
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, fmt.Sprintf("Ingress %s routes to the backend.", want.Name))
	return nil
}

// ingressKey returns the key of a Tenant's Ingress.
func ingressKey(tenant types.NamespacedName) types.NamespacedName {
	return types.NamespacedName{Namespace: tenant.Namespace, Name: routing.TenantIngressName(tenant.Name)}
}
