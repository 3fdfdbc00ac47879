package platform

import (
	"context"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// ensureRoute applies the Platform's own Ingress: the hosts of the public site, and wildcards.
//
// Sets RouteReady; False with PublicHostTaken, IngressNotOwned, IngressRejected, CertificatePending or
// CertificateInvalid.
func (r *Reconciler) ensureRoute(ctx context.Context, s *scope) error {
	keeps, err := r.keepsWildcards(ctx, s)
	if err != nil {
		return err
	}
	want := routing.ForPlatform(s.platform, desired.Application(r.Stores.Application, s.platform).Backend, s.platform.PublicHostNames(), keeps)
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
		message := fmt.Sprintf("Ingress %s routes to the public site.", want.Name)
		if keeps {
			message += " Its wildcards stay until the Ingresses of all Tenants are in effect."
		}
		s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, message)
	}
	return nil
}

const (
	// settled is how long after its last change an Ingress is taken to be in effect, if nobody says where the ingress controller
	// answers. Traefik was 48 s behind after 200 new ones.
	settled = time.Hour
	// reachedSettled is settled where the ingress controller has reached the Tenant: perhaps by the wildcard, which is still there.
	reachedSettled = 2 * time.Minute
)

// keepsWildcards reports whether the wildcards of an earlier mode are still needed, because a Tenant has no route of its own yet
// that is in effect.
func (r *Reconciler) keepsWildcards(ctx context.Context, s *scope) (bool, error) {
	var live networkingv1.Ingress
	err := r.Client.Get(ctx, ingressKey(client.ObjectKeyFromObject(s.platform)), &live)
	if s.platform.RoutingMode() == v1alpha1.RouteWildcard || err != nil || !routing.HasWildcards(&live) {
		return false, client.IgnoreNotFound(err)
	}
	tenants, err := r.listTenants(ctx, s.platform)
	if err != nil {
		return false, err
	}
	own, err := r.tenantIngresses(ctx, s.platform)
	if err != nil {
		return false, err
	}
	wait := settled
	if s.platform.IngressAddress() != "" {
		wait = reachedSettled
	}
	for i := range tenants {
		ingress := own[routing.TenantIngressName(tenants[i].Name)]
		switch ready := meta.FindStatusCondition(tenants[i].Status.Conditions, v1alpha1.ConditionRouteReady); {
		case len(tenants[i].Status.Hosts) == 0: // it was never served
		case ingress == nil, ready == nil, !routing.HasHosts(ingress, tenants[i].Status.Hosts):
			return true, nil
		case s.now.Before(routing.LastWrite(ingress).Add(wait)):
			return true, nil
		case s.platform.IngressAddress() != "" && (ready.Status != metav1.ConditionTrue || ready.Message != routing.Routed(ingress.Name)):
			return true, nil
		}
	}
	return false, nil
}

// tenantIngresses returns the Ingresses of a Platform by name, from the cache. They must not be changed.
func (r *Reconciler) tenantIngresses(ctx context.Context, platform *v1alpha1.Platform) (map[string]*networkingv1.Ingress, error) {
	var list networkingv1.IngressList
	err := r.Client.List(ctx, &list, client.InNamespace(platform.Namespace), client.UnsafeDisableDeepCopy,
		client.MatchingLabels{routing.LabelManagedBy: routing.ManagedBy, routing.LabelPlatform: platform.Name})
	if err != nil {
		return nil, fmt.Errorf("list the Ingresses of Platform %s: %w", platform.Name, err)
	}
	byName := make(map[string]*networkingv1.Ingress, len(list.Items))
	for i := range list.Items {
		byName[list.Items[i].Name] = &list.Items[i]
	}
	return byName, nil
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
