package tenant

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// ensureRoute applies the Tenant's Ingress and checks its certificates.
//
// Sets RouteReady; False with IngressNotOwned, IngressRejected, CertificatePending or CertificateInvalid, and Unknown with Waiting
// until checkRoute.
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
	routed := routing.Routed(want.Name)
	if s.platform.IngressAddress() != "" && (changed || !s.IsTrue(v1alpha1.ConditionRouteReady) || s.message(v1alpha1.ConditionRouteReady) != routed) {
		s.uncheckedRoute = routed
		s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, "Waiting until the ingress controller routes to the Tenant.")
		return nil
	}
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, routed)
	return nil
}

// routeRetry is the delay before a host that is not routed yet is asked for again.
const routeRetry = 500 * time.Millisecond

// checkRoute asks the ingress controller for every host of the Tenant, if the Platform says where it answers, after a change
// of the Ingress and until it has reached the Tenant. The backend already serves it.
//
// Sets RouteReady; False with RoutePending.
func (r *Reconciler) checkRoute(ctx context.Context, s *scope) error {
	if s.uncheckedRoute == "" {
		return nil
	}
	for _, host := range s.hosts() {
		target := probe.Target{App: s.app, Namespace: s.tenant.Namespace, Host: host, Tenant: s.tenant.Name}
		if failure := r.Prober.AwaitRoute(ctx, s.platform.IngressAddress(), s.platform.Spec.Routing.TLS != nil, target); failure != "" {
			return step.Waiting(v1alpha1.ConditionRouteReady, v1alpha1.ReasonRoutePending, failure, routeRetry)
		}
	}
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, s.uncheckedRoute)
	return nil
}

// ingressKey returns the key of a Tenant's Ingress.
func ingressKey(tenant types.NamespacedName) types.NamespacedName {
	return types.NamespacedName{Namespace: tenant.Namespace, Name: routing.TenantIngressName(tenant.Name)}
}
