package ingress

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// RequeueOwner returns a handler that requeues the Tenant or Platform that an Ingress is named after: its labels may have been
// removed. ownerOf returns that name, if the Ingress has one. A new Ingress, which is every one at the start, only requeues an
// owner that does not exist, so that the Ingress is deleted. owner is an empty object of the owner's kind.
func RequeueOwner(cache client.Reader, ownerOf func(ingress string) (string, bool), owner client.Object) handler.EventHandler {
	keyOf := func(ingress client.Object) (types.NamespacedName, bool) {
		name, found := ownerOf(ingress.GetName())
		return types.NamespacedName{Namespace: ingress.GetNamespace(), Name: name}, found
	}
	changed := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, ingress client.Object) []reconcile.Request {
		if key, found := keyOf(ingress); found {
			return []reconcile.Request{{NamespacedName: key}}
		}
		return nil
	})
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			key, found := keyOf(e.Object)
			if found && apierrors.IsNotFound(cache.Get(ctx, key, owner.DeepCopyObject().(client.Object))) {
				changed.Create(ctx, e, q)
			}
		},
		UpdateFunc: changed.Update,
		DeleteFunc: changed.Delete,
	}
}

// Leftover returns the Ingress of a Tenant or Platform that is gone, or nil. Its end has deleted it, unless the cache lacked it
// then, or the object had lost its finalizer. gone is an empty object of the owner's kind.
func (a Applier) Leftover(ctx context.Context, ingress, owner types.NamespacedName, gone client.Object) (*networkingv1.Ingress, error) {
	var cached networkingv1.Ingress
	if err := a.Client.Get(ctx, ingress, &cached); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	err := a.Live.Get(ctx, owner, gone) // the cache may lack a new one, for which another operator created the Ingress
	if !apierrors.IsNotFound(err) {
		return nil, err
	}
	return &cached, nil
}
