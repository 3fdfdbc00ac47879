package requeue

import (
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/echoblogs/echoblogs/controllers/internal/finalizer"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
)

// ObjectChanged passes changes of an object by its author, and of what the operator has set: the removal of the finalizer, such
// as by kubectl replace, and edits of status. It does not pass the controllers' own writes of status.
var ObjectChanged = predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, finalizerRemoved, status.Edited)

var finalizerRemoved = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool { return finalizer.Has(e.ObjectOld) && !finalizer.Has(e.ObjectNew) },
}

// IngressChanged passes every change of an Ingress except one of its status, which the ingress controller writes.
var IngressChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*networkingv1.Ingress), e.ObjectNew.(*networkingv1.Ingress)
		return !equality.Semantic.DeepEqual(before.Spec, after.Spec) ||
			!equality.Semantic.DeepEqual(before.Labels, after.Labels) ||
			!equality.Semantic.DeepEqual(before.Annotations, after.Annotations) ||
			!equality.Semantic.DeepEqual(before.OwnerReferences, after.OwnerReferences)
	},
}
