package controllers

import (
	"context"
	"errors"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// FieldManager owns what the operator applies.
const FieldManager = "echoblogs-operator"

// apply sends an Ingress by server-side apply, taking over what others have changed, and returns what came of it.
func (r routes) apply(ctx context.Context, want *networkingv1.Ingress) (*networkingv1.Ingress, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(want)
	if err != nil {
		return nil, err
	}
	delete(content, "status")
	object := &unstructured.Unstructured{Object: content}
	unstructured.RemoveNestedField(object.Object, "metadata", "creationTimestamp")
	if err := r.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(FieldManager), client.ForceOwnership); err != nil {
		return nil, err
	}
	after := &networkingv1.Ingress{}
	return after, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, after)
}

// apiMessage returns what the API server said of a refused object.
func apiMessage(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Message
	}
	return "it gave no reason"
}
