package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// certificateRetry is how often a Secret is looked for: the operator may get Secrets by name, but not watch them.
const certificateRetry = 5 * time.Second

// ensureRoute makes the Tenant's Ingress what it has to be, and waits for its certificates.
//
// Sets RouteReady; False with IngressNotOwned, IngressFailed or CertificatePending.
func (r *TenantReconciler) ensureRoute(ctx context.Context, s *tenantScope) error {
	want := routing.ForTenant(s.platform, s.tenant, s.row.PrimaryHost, s.row.CustomHosts)
	if want == nil {
		if err := r.routes.remove(ctx, s.tenant, routing.TenantIngressName(s.tenant.Name)); err != nil {
			return err
		}
		s.set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, "The Platform's wildcard Ingress leads to the backend.")
		return nil
	}
	done, err := r.routes.ensure(ctx, s.tenant, want)
	if err != nil {
		return err
	}
	if done != unchanged {
		s.changed = true
		if r.isDrift(s) && s.isTrue(v1alpha1.ConditionRouteReady) {
			routeRepairs.Inc()
			r.event(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonIngressRepaired, "Repair", fmt.Sprintf("The Ingress %s differed and was put back.", want.Name))
		}
	}
	pending, err := r.routes.pendingCertificate(ctx, want)
	if err != nil {
		return err
	}
	if pending != nil {
		s.degrade(pending)
		return nil
	}
	s.set(v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonIngressReady, fmt.Sprintf("Ingress %s leads to the backend.", want.Name))
	return nil
}

// routes applies Ingresses, of Tenants and of Platforms alike.
type routes struct {
	client  client.Client
	secrets client.Reader
}

// routeChange says what ensure has done.
type routeChange int

const (
	unchanged routeChange = iota
	applied
)

// ensure applies an Ingress where the one in the cache differs.
func (r routes) ensure(ctx context.Context, owner client.Object, want *networkingv1.Ingress) (routeChange, error) {
	var live networkingv1.Ingress
	err := r.client.Get(ctx, client.ObjectKeyFromObject(want), &live)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return unchanged, fmt.Errorf("read Ingress %s: %w", want.Name, err)
	case err == nil && !metav1.IsControlledBy(&live, owner) && live.Labels[routing.LabelManagedBy] != routing.ManagedBy:
		return unchanged, &halt{
			condition: v1alpha1.ConditionRouteReady, reason: v1alpha1.ReasonIngressNotOwned, stalled: true,
			message: fmt.Sprintf("An Ingress %q is there and was not made for this object: delete or rename it.", want.Name),
		}
	case err == nil && routing.UpToDate(&live, want):
		return unchanged, nil
	}
	after, err := r.apply(ctx, want)
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) {
		return unchanged, &halt{
			condition: v1alpha1.ConditionRouteReady, reason: v1alpha1.ReasonIngressFailed, cause: err,
			message: fmt.Sprintf("The API server refused the Ingress %q: %s", want.Name, apiMessage(err)),
		}
	}
	if err != nil {
		return unchanged, fmt.Errorf("apply Ingress %s: %w", want.Name, err)
	}
	if routing.UpToDate(after, want) {
		return applied, nil
	}
	// Somebody has added what an apply does not own and so does not take away.
	before := after.DeepCopy()
	after.Spec = *want.Spec.DeepCopy()
	if after.Spec.IngressClassName == nil {
		after.Spec.IngressClassName = before.Spec.IngressClassName
	}
	if err := r.client.Patch(ctx, after, client.MergeFrom(before)); err != nil {
		return unchanged, fmt.Errorf("put back Ingress %s: %w", want.Name, err)
	}
	return applied, nil
}

// remove deletes an Ingress of ours, if it is there.
func (r routes) remove(ctx context.Context, owner client.Object, name string) error {
	var live networkingv1.Ingress
	err := r.client.Get(ctx, types.NamespacedName{Namespace: owner.GetNamespace(), Name: name}, &live)
	if apierrors.IsNotFound(err) || err == nil && (!metav1.IsControlledBy(&live, owner) || !live.DeletionTimestamp.IsZero()) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Ingress %s: %w", name, err)
	}
	if err := r.client.Delete(ctx, &live, client.Preconditions{UID: &live.UID}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete Ingress %s: %w", name, err)
	}
	return nil
}

// pendingCertificate returns a halt for the first Secret of the Ingress that is not there yet.
func (r routes) pendingCertificate(ctx context.Context, ingress *networkingv1.Ingress) (*halt, error) {
	for _, tls := range ingress.Spec.TLS {
		var secret corev1.Secret
		err := r.secrets.Get(ctx, types.NamespacedName{Namespace: ingress.Namespace, Name: tls.SecretName}, &secret)
		if apierrors.IsNotFound(err) || err == nil && len(secret.Data[corev1.TLSCertKey]) == 0 {
			return &halt{
				condition: v1alpha1.ConditionRouteReady, reason: v1alpha1.ReasonCertificatePending, retryAfter: certificateRetry,
				message: fmt.Sprintf("Waits for the certificate of %s in the Secret %q.", quoteAll(tls.Hosts), tls.SecretName),
			}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read Secret %s: %w", tls.SecretName, err)
		}
	}
	return nil, nil
}
