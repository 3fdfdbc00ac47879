// Package requeue decides which objects are reconciled, and when: the indexes that find them, the predicates that filter
// their changes, the rate limiter, and requests that one controller makes of the other.
package requeue

import (
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

// Source returns the requests as a source for the controller of Tenants.
func (r *Requeuer) Source() source.Source {
	return source.Channel(r.events, &handler.EnqueueRequestForObject{})
}
