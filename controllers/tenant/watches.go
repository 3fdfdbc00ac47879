package tenant

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/internal/desired"
)

// requeueNameConflicts requeues the Tenants that are Stalled on a name, after a Tenant has released one.
func (r *Reconciler) requeueNameConflicts(ctx context.Context, released *v1alpha1.Tenant) {
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(released.Namespace), client.MatchingFields{requeue.NameConflictPlatform: released.PlatformName()})
	if err != nil {
		logf.FromContext(ctx).Error(err, "Tenants with a name conflict not listed")
		return
	}
	for i := range tenants.Items {
		r.Requeuer.Requeue(client.ObjectKeyFromObject(&tenants.Items[i]))
	}
}

// tenantsOf returns requests for the Tenants of a Platform.
func (r *Reconciler) tenantsOf(ctx context.Context, platform client.Object) []reconcile.Request {
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(platform.GetNamespace()), client.MatchingFields{requeue.TenantPlatform: platform.GetName()}, client.UnsafeDisableDeepCopy)
	if err != nil {
		logf.FromContext(ctx).Error(err, "Tenants of a Platform not listed", "platform", platform.GetName())
		return nil
	}
	requests := make([]reconcile.Request, len(tenants.Items))
	for i := range tenants.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&tenants.Items[i])
	}
	return requests
}

// authoredChanged passes changes of what the registry keeps of a Tenant, such as labels and field managers.
var authoredChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, beforeErr := desired.Digest(e.ObjectOld.(*v1alpha1.Tenant))
		after, afterErr := desired.Digest(e.ObjectNew.(*v1alpha1.Tenant))
		return before != after || beforeErr != nil || afterErr != nil
	},
}

// platformChanged passes changes of a Platform that affect its Tenants: a new spec, once the controller of Platforms has
// processed it, and a database that has become ready.
var platformChanged = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return true },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.Platform), e.ObjectNew.(*v1alpha1.Platform)
		return before.Status.ObservedGeneration != after.Status.ObservedGeneration ||
			!databaseReady(before) && databaseReady(after)
	},
	DeleteFunc: func(event.DeleteEvent) bool { return true },
}

func databaseReady(p *v1alpha1.Platform) bool {
	return meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionDatabaseReady)
}
