package controllers

import (
	"context"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// platformIndex is the index of Tenants by the Platform that they live on.
	platformIndex = "platform"
	// waitingIndex is the same of those alone that wait for a name: a released one is not to cost a look at all Tenants.
	waitingIndex = "waiting"
)

func platformOf(object client.Object) []string {
	return []string{object.(*v1alpha1.Tenant).PlatformName()}
}

func platformOfWaiting(object client.Object) []string {
	stalled := meta.FindStatusCondition(object.(*v1alpha1.Tenant).Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || !slices.Contains([]string{v1alpha1.ReasonSchemaTaken, v1alpha1.ReasonHostTaken, v1alpha1.ReasonCustomDomainTaken}, stalled.Reason) {
		return nil
	}
	return platformOf(object)
}

// Wake carries objects that a controller wants looked at.
type Wake struct {
	tenants chan event.GenericEvent
}

// NewWake returns a Wake.
func NewWake() *Wake {
	return &Wake{tenants: make(chan event.GenericEvent, 1024)}
}

// tenant has a Tenant looked at. A full channel drops it: the check of the whole fleet comes by every minute.
func (w *Wake) tenant(namespace, name string) {
	select {
	case w.tenants <- event.GenericEvent{Object: &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}}:
	default:
	}
}

// wakeWaiting has the Tenants looked at that wait for a name, after one has been released.
func (r *TenantReconciler) wakeWaiting(ctx context.Context, released *v1alpha1.Tenant) {
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(released.Namespace), client.MatchingFields{waitingIndex: released.PlatformName()})
	if err != nil {
		logf.FromContext(ctx).Error(err, "Listing Tenants that wait for a name")
		return
	}
	for i := range tenants.Items {
		r.Wake.tenant(tenants.Items[i].Namespace, tenants.Items[i].Name)
	}
}

// tenantsOf lists the Tenants of a Platform.
func (r *TenantReconciler) tenantsOf(ctx context.Context, platform client.Object) []reconcile.Request {
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(platform.GetNamespace()), client.MatchingFields{platformIndex: platform.GetName()})
	if err != nil {
		logf.FromContext(ctx).Error(err, "Listing the Tenants of a Platform", "platform", platform.GetName())
		return nil
	}
	requests := make([]reconcile.Request, len(tenants.Items))
	for i := range tenants.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&tenants.Items[i])
	}
	return requests
}

// specOrAnnotations lets through what the author of an object has changed, and not the status that we write.
var specOrAnnotations = predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})

// platformMatters lets through what changes a Tenant: another spec, once the Platform's controller has done its part of
// it, and a database that has become ready.
var platformMatters = predicate.Funcs{
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

// ingressEdited lets through every change of an Ingress but that of its status, which ingress controllers write.
var ingressEdited = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*networkingv1.Ingress), e.ObjectNew.(*networkingv1.Ingress)
		return !equality.Semantic.DeepEqual(before.Spec, after.Spec) ||
			!equality.Semantic.DeepEqual(before.Labels, after.Labels) ||
			!equality.Semantic.DeepEqual(before.Annotations, after.Annotations) ||
			!equality.Semantic.DeepEqual(before.OwnerReferences, after.OwnerReferences)
	},
	DeleteFunc: func(event.DeleteEvent) bool { return true },
}

// addFinalizer writes the finalizer that an object has just been given, and fails when it has changed meanwhile: two
// writers could otherwise lose each other's.
func addFinalizer(ctx context.Context, c client.Client, object client.Object) error {
	before := object.DeepCopyObject().(client.Object)
	controllerutil.RemoveFinalizer(before, v1alpha1.Finalizer)
	return c.Patch(ctx, object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// removeFinalizer lets an object go. It is an update and no patch: the API server ends an object that has lost its last
// finalizer by a deletion of its own, which looks at the UID for an update alone. After a patch it would also delete an
// object that has been made by the same name in between.
func removeFinalizer(ctx context.Context, c client.Client, object client.Object) error {
	controllerutil.RemoveFinalizer(object, v1alpha1.Finalizer)
	return c.Update(ctx, object)
}

// patchStatus writes the status of an object, and fails when the object has changed since it was read: what was
// computed from an older one would undo what has been written since, and tell of it once more.
func patchStatus(ctx context.Context, c client.Client, object, before client.Object) error {
	return c.Status().Patch(ctx, object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}
