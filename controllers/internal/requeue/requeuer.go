// Package requeue decides which objects are reconciled, and when: the indexes that find them, the predicates that filter
// their changes, the rate limiter, and requests that one controller makes of the other.
package requeue

import (
	"context"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// requeuerCapacity is how many requests a Requeuer holds.
const requeuerCapacity = 1024

// Requeuer carries requests to reconcile Tenants.
type Requeuer struct {
	events chan event.GenericEvent
	// inspections are the keys of the Tenants whose next reconcile is to inspect the schema.
	inspections sync.Map
	// probes are the keys of the Tenants whose next reconcile is to ask the backend.
	probes sync.Map
}

// NewRequeuer returns a Requeuer.
func NewRequeuer() *Requeuer {
	return &Requeuer{events: make(chan event.GenericEvent, requeuerCapacity)}
}

// Requeue requests a reconcile of a Tenant. The request is dropped when too many are pending: the check for drift repeats
// it within a minute.
func (r *Requeuer) Requeue(tenant types.NamespacedName) {
	object := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: tenant.Namespace, Name: tenant.Name}}
	select {
	case r.events <- event.GenericEvent{Object: object}:
	default:
	}
}

// RequeueWait is Requeue for a request that nothing repeats: while too many are pending, it waits.
func (r *Requeuer) RequeueWait(ctx context.Context, tenant types.NamespacedName) {
	object := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: tenant.Namespace, Name: tenant.Name}}
	select {
	case r.events <- event.GenericEvent{Object: object}:
	case <-ctx.Done():
	}
}

// RequeueForInspection is Requeue for a Tenant whose reconcile is to inspect the schema. Other reconciles are cheaper and
// do not.
func (r *Requeuer) RequeueForInspection(tenant types.NamespacedName) {
	r.inspections.Store(tenant, struct{}{})
	r.Requeue(tenant)
}

// TakeInspection reports whether an inspection of a Tenant's schema was requested since the last call.
func (r *Requeuer) TakeInspection(tenant types.NamespacedName) bool {
	_, requested := r.inspections.LoadAndDelete(tenant)
	return requested
}

// RequeueForProbe is RequeueWait for a Tenant whose reconcile is to ask the backend whether it is served.
func (r *Requeuer) RequeueForProbe(ctx context.Context, tenant types.NamespacedName) {
	r.probes.Store(tenant, struct{}{})
	r.RequeueWait(ctx, tenant)
}

// TakeProbe reports whether a probe of a Tenant was requested since the last call.
func (r *Requeuer) TakeProbe(tenant types.NamespacedName) bool {
	_, requested := r.probes.LoadAndDelete(tenant)
	return requested
}

// Source returns the requests as a source for the controller of Tenants.
func (r *Requeuer) Source() source.Source {
	return source.Channel(r.events, &handler.EnqueueRequestForObject{})
}
