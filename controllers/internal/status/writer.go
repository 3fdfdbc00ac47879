package status

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Writer is the only writer of status.
type Writer struct {
	// Client patches objects.
	Client client.Client
	// Recorder records the events of transitions.
	Recorder events.EventRecorder
}

// Patch writes the status of an object if it differs from before, and reports whether it did. A new state of Ready is
// recorded as a log line, to which fields are added, and as an event, unless the object is Ready at once or still. Patch
// fails with a conflict if the object has changed since it was read: a status computed from the older version would
// overwrite a newer one, and repeat its event.
func (w Writer) Patch(ctx context.Context, before, object Object, fields ...any) (written bool, err error) {
	if equality.Semantic.DeepEqual(before, object) {
		return false, nil
	}
	// Patch replaces object by the server's response, in which conditions are the same.
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := w.Client.Status().Patch(ctx, object, patch); err != nil {
		return false, err
	}
	w.recordReadyTransition(ctx, before, object, fields)
	return true, nil
}

func (w Writer) recordReadyTransition(ctx context.Context, before, after Object, fields []any) {
	was := meta.FindStatusCondition(before.GetConditions(), v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.GetConditions(), v1alpha1.ConditionReady)
	if was != nil && was.Status == is.Status && was.Reason == is.Reason && was.Message == is.Message {
		return
	}
	logf.FromContext(ctx).Info("Reconciled", append([]any{"ready", is.Status, "reason", is.Reason, "message", is.Message}, fields...)...)
	if is.Status == metav1.ConditionTrue && (was == nil || was.Status == metav1.ConditionTrue) {
		return // the condition says it all, and an event would be a further write for each new Tenant
	}
	kind := corev1.EventTypeNormal
	if is.Status != metav1.ConditionTrue && is.Reason != v1alpha1.ReasonCertificatePending && is.Reason != v1alpha1.ReasonNameHeld {
		kind = corev1.EventTypeWarning
	}
	w.Recorder.Eventf(after, nil, kind, is.Reason, "Reconcile", "%s", is.Message)
}
