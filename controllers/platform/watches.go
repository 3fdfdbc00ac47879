package platform

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// statusInterval is how long changes of Tenants are collected before they are counted.
const statusInterval = 2 * time.Second

// debouncePlatform requeues a Platform some time after one of its Tenants has changed, so that many changes cost one count
// and one write of status.
type debouncePlatform struct{}

type requestQueue = workqueue.TypedRateLimitingInterface[reconcile.Request]

func (debouncePlatform) Create(_ context.Context, e event.CreateEvent, q requestQueue) {
	addPlatform(e.Object, q)
}

func (debouncePlatform) Update(_ context.Context, e event.UpdateEvent, q requestQueue) {
	addPlatform(e.ObjectNew, q)
}

func (debouncePlatform) Delete(_ context.Context, e event.DeleteEvent, q requestQueue) {
	addPlatform(e.Object, q)
}

func (debouncePlatform) Generic(_ context.Context, e event.GenericEvent, q requestQueue) {
	addPlatform(e.Object, q)
}

func addPlatform(tenant client.Object, q requestQueue) {
	q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{
		Namespace: tenant.GetNamespace(), Name: tenant.(*v1alpha1.Tenant).PlatformName(),
	}}, statusInterval)
}
