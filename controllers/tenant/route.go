package tenant

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/routes"
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
	isChecked := !changed && !r.Routes.Has(client.ObjectKeyFromObject(s.tenant)) && s.IsTrue(v1alpha1.ConditionRouteReady) && s.message(v1alpha1.ConditionRouteReady) == routed
	if s.platform.IngressAddress() != "" && !isChecked {
		s.uncheckedRoute, s.routeChanged = routed, changed
		s.setRouteUnchecked()
		return nil
	}
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, routed)
	return nil
}

// setRouteUnchecked sets RouteReady until checkRoute. A route that is pending stays so: with another status in between it would
// seem to have changed, and be written again.
func (s *scope) setRouteUnchecked() {
	ready := meta.FindStatusCondition(s.tenant.Status.Conditions, v1alpha1.ConditionRouteReady)
	if ready != nil && ready.Status == metav1.ConditionFalse && ready.Reason == v1alpha1.ReasonRoutePending {
		s.Set(ready.Type, ready.Status, ready.Reason, ready.Message)
		return
	}
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, "Waiting until the ingress controller routes to the Tenant.")
}

const (
	// routeTimeout is when a Tenant is reconciled again at the latest if the ingress controller has not been asked for it.
	routeTimeout = 30 * time.Second
	// newTenant is how old a Tenant is at most whose route is checked before those of others.
	newTenant = 5 * time.Minute
)

// checkRoute waits until the ingress controller has reached every host of the Tenant, if the Platform says where it answers, after
// a change of the Ingress. The backend already serves the Tenant. Others ask the ingress controller, and requeue the Tenant after
// an answer; until the first one its status stays as it is.
//
// Sets RouteReady; False with RoutePending.
func (r *Reconciler) checkRoute(_ context.Context, s *scope) error {
	key := client.ObjectKeyFromObject(s.tenant)
	if s.uncheckedRoute == "" {
		r.Routes.Forget(key)
		return nil
	}
	route := routes.Route{
		Address: s.platform.IngressAddress(), Encrypted: s.platform.Spec.Routing.TLS != nil,
		Urgent: s.now.Sub(s.tenant.CreationTimestamp.Time) < newTenant,
	}
	for _, host := range s.hosts() {
		route.Targets = append(route.Targets, probe.Target{App: s.app, Namespace: s.tenant.Namespace, Host: host, Tenant: s.tenant.Name})
	}
	switch failure, known := r.Routes.Check(key, route, s.routeChanged); {
	case !known:
		return step.SkipStatus(routeTimeout)
	case failure != "":
		return step.Waiting(v1alpha1.ConditionRouteReady, v1alpha1.ReasonRoutePending, failure, 0)
	}
	r.Routes.Forget(key)
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, s.uncheckedRoute)
	return nil
}

// ingressKey returns the key of a Tenant's Ingress.
func ingressKey(tenant types.NamespacedName) types.NamespacedName {
	return types.NamespacedName{Namespace: tenant.Namespace, Name: routing.TenantIngressName(tenant.Name)}
}
