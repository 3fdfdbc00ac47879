package controllers

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// event writes an event whose reason is one of the conditions' reasons.
func (r *TenantReconciler) event(about runtime.Object, kind, reason, action, note string) {
	r.Recorder.Eventf(about, nil, kind, reason, action, "%s", note)
}

// tellCondition writes the event for a new state of Ready.
func tellCondition(recorder events.EventRecorder, about runtime.Object, ready *metav1.Condition) {
	kind := corev1.EventTypeNormal
	if ready.Status != metav1.ConditionTrue && ready.Reason != v1alpha1.ReasonCertificatePending && ready.Reason != v1alpha1.ReasonNameHeld {
		kind = corev1.EventTypeWarning
	}
	recorder.Eventf(about, nil, kind, ready.Reason, "Reconcile", "%s", ready.Message)
}
