// Package ingress applies, repairs and deletes the Ingresses of Tenants and Platforms, and waits for their certificates.
package ingress

import (
	"context"
	"errors"
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// fieldManager owns the fields that the operator applies.
const fieldManager = "echoblogs-operator"

// Applier writes Ingresses.
type Applier struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads past the cache: Secrets, and Ingresses before they are changed.
	Live client.Reader
}

// Ensure writes an Ingress if the one in the cache differs, and reports whether it did. It returns a stalled *step.Error
// if an Ingress of that name is not ours, and a transient one if the API server rejects it.
func (a Applier) Ensure(ctx context.Context, owner client.Object, want *networkingv1.Ingress) (changed bool, err error) {
	var live networkingv1.Ingress
	err = a.Client.Get(ctx, client.ObjectKeyFromObject(want), &live)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return false, fmt.Errorf("read Ingress %s: %w", want.Name, err)
	case err == nil && !metav1.IsControlledBy(&live, owner) && live.Labels[routing.LabelManagedBy] != routing.ManagedBy:
		return false, step.Stalled(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressNotOwned,
			fmt.Sprintf("An Ingress %q exists but was not created for this object.", want.Name))
	case err == nil && routing.UpToDate(&live, want) && !ownsUnwantedAnnotation(&live, want):
		return false, nil
	}
	after, err := a.write(ctx, want, err == nil)
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) {
		return false, step.Transient(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressRejected,
			fmt.Sprintf("The API server rejected the Ingress %q: %s", want.Name, apiMessage(err)), err)
	}
	if err != nil {
		return false, fmt.Errorf("write Ingress %s: %w", want.Name, err)
	}
	if routing.UpToDate(after, want) {
		return true, nil
	}
	return true, a.replaceSpec(ctx, after, want)
}

// write creates the wanted Ingress, which costs the API server less than applying it, or applies it if it exists. It returns
// the result.
func (a Applier) write(ctx context.Context, want *networkingv1.Ingress, exists bool) (*networkingv1.Ingress, error) {
	if !exists {
		created := want.DeepCopy()
		return created, a.Client.Create(ctx, created, client.FieldOwner(fieldManager))
	}
	// The API server distinguishes the fields that a manager has created from those that it has applied: an apply removes
	// only the latter. The cache does not hold who manages which fields.
	var live networkingv1.Ingress
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(want), &live); err != nil {
		return nil, err
	}
	upgrade, err := csaupgrade.UpgradeManagedFieldsPatch(&live, sets.New(fieldManager), fieldManager)
	if err != nil {
		return nil, err
	}
	if upgrade != nil {
		if err := a.Client.Patch(ctx, &live, client.RawPatch(types.JSONPatchType, upgrade), client.FieldOwner(fieldManager)); err != nil {
			return nil, err
		}
	}
	return a.apply(ctx, want)
}

// apply sends an Ingress by server-side apply, overriding other managers' changes, and returns the result.
func (a Applier) apply(ctx context.Context, want *networkingv1.Ingress) (*networkingv1.Ingress, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(want)
	if err != nil {
		return nil, err
	}
	delete(content, "status")
	object := &unstructured.Unstructured{Object: content}
	unstructured.RemoveNestedField(object.Object, "metadata", "creationTimestamp")
	if err := a.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(fieldManager), client.ForceOwnership); err != nil {
		return nil, err
	}
	after := &networkingv1.Ingress{}
	return after, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, after)
}

// replaceSpec removes what another manager has added to the spec, which an apply does not own and so leaves in place.
func (a Applier) replaceSpec(ctx context.Context, live, want *networkingv1.Ingress) error {
	before := live.DeepCopy()
	live.Spec = *want.Spec.DeepCopy()
	if live.Spec.IngressClassName == nil {
		live.Spec.IngressClassName = before.Spec.IngressClassName
	}
	if err := a.Client.Patch(ctx, live, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("restore Ingress %s: %w", want.Name, err)
	}
	return nil
}

// Delete deletes an Ingress of the owner, if it exists.
func (a Applier) Delete(ctx context.Context, owner client.Object, name string) error {
	var live networkingv1.Ingress
	err := a.Client.Get(ctx, types.NamespacedName{Namespace: owner.GetNamespace(), Name: name}, &live)
	if apierrors.IsNotFound(err) || err == nil && (!metav1.IsControlledBy(&live, owner) || !live.DeletionTimestamp.IsZero()) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Ingress %s: %w", name, err)
	}
	if err := a.Client.Delete(ctx, &live, client.Preconditions{UID: &live.UID}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete Ingress %s: %w", name, err)
	}
	return nil
}

// apiMessage returns the API server's reason for rejecting an object.
func apiMessage(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return strings.TrimSuffix(status.Status().Message, ".") + "."
	}
	return "it gave no reason."
}
