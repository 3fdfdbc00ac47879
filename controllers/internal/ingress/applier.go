// Package ingress applies, repairs and deletes the Ingresses of Tenants and Platforms, and waits for their certificates.
package ingress

import (
	"context"
	"errors"
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

// Applier writes Ingresses.
type Applier struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads past the cache: Secrets, and Ingresses before they are changed.
	Live client.Reader
}

// Ensure writes an Ingress if the one in the cache differs, and reports whether it did. It returns a stalled *step.Error
// if an Ingress of that name is not ours, and a transient one if the API server rejects it.
func (a Applier) Ensure(ctx context.Context, want *networkingv1.Ingress) (changed bool, err error) {
	var cached networkingv1.Ingress
	err = a.Client.Get(ctx, client.ObjectKeyFromObject(want), &cached)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return false, fmt.Errorf("read Ingress %s: %w", want.Name, err)
	case err == nil && routing.UpToDate(&cached, want):
		return false, nil
	}
	changed = true
	if err == nil {
		changed, err = a.update(ctx, want)
	} else {
		err = a.Client.Create(ctx, want.DeepCopy(), client.FieldOwner(routing.FieldManager)) // costs the API server less than applying it
	}
	var stopped *step.Error
	switch {
	case errors.As(err, &stopped):
		return false, stopped
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err):
		return false, step.Transient(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressRejected,
			fmt.Sprintf("The API server rejected the Ingress %q: %s", want.Name, apiMessage(err)), err)
	case err != nil:
		return false, fmt.Errorf("write Ingress %s: %w", want.Name, err)
	}
	return changed, nil
}

// update applies the wanted state to the Ingress that exists, unless it has changed since it was read: others add paths of
// challenges, which stay. It reports false if the cache lags: another operator has written it already.
func (a Applier) update(ctx context.Context, want *networkingv1.Ingress) (changed bool, err error) {
	var live networkingv1.Ingress // the cache does not hold who manages which fields
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(want), &live); err != nil {
		return false, err
	}
	if routing.UpToDate(&live, want) {
		return false, nil
	}
	if !routing.IsManaged(&live) {
		return false, step.Stalled(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressNotOwned,
			fmt.Sprintf("An Ingress %q exists but was not created for this object.", want.Name))
	}
	if err := a.assumeFields(ctx, &live); err != nil {
		return false, err
	}
	merged := routing.KeepChallenges(&live, want)
	merged.ResourceVersion = live.ResourceVersion
	after, err := a.apply(ctx, merged)
	if err != nil || routing.UpToDate(after, want) {
		return err == nil, err
	}
	return true, a.removeForeign(ctx, after, merged)
}

// assumeFields makes the fields that the operator has set by other requests than an apply, such as the creation, fields that it
// has applied: an apply removes only those.
func (a Applier) assumeFields(ctx context.Context, live *networkingv1.Ingress) error {
	upgrade, err := csaupgrade.UpgradeManagedFieldsPatch(live, sets.New(routing.FieldManager), routing.FieldManager)
	if err != nil || upgrade == nil {
		return err
	}
	return a.Client.Patch(ctx, live, client.RawPatch(types.JSONPatchType, upgrade), client.FieldOwner(routing.FieldManager))
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
	if err := a.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(routing.FieldManager), client.ForceOwnership); err != nil {
		return nil, err
	}
	after := &networkingv1.Ingress{}
	return after, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, after)
}

// removeForeign removes what another manager has added to the spec, and owner references. An apply does not own them, and so
// leaves them in place.
func (a Applier) removeForeign(ctx context.Context, live, want *networkingv1.Ingress) error {
	before := live.DeepCopy()
	live.OwnerReferences, live.Spec = nil, *want.Spec.DeepCopy()
	if live.Spec.IngressClassName == nil {
		live.Spec.IngressClassName = before.Spec.IngressClassName
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return a.Client.Patch(ctx, live, patch, client.FieldOwner(routing.FieldManager))
}

// Delete deletes an Ingress that the operator has created, if it exists.
func (a Applier) Delete(ctx context.Context, key types.NamespacedName) error {
	var live networkingv1.Ingress
	err := a.Client.Get(ctx, key, &live)
	if err == nil && !routing.IsManaged(&live) {
		err = a.Live.Get(ctx, key, &live) // the label may have been removed
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("read Ingress %s: %w", key.Name, err)
	case !routing.IsManaged(&live) || !live.DeletionTimestamp.IsZero():
		return nil
	}
	if err := a.Client.Delete(ctx, &live, client.Preconditions{UID: &live.UID}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete Ingress %s: %w", key.Name, err)
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
