package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// halt ends a reconcile before its last step. It is an error so that a step can return it; it never reaches the queue.
type halt struct {
	// condition is the layer that is not as it should be.
	condition string
	// reason and message go into the condition and the event.
	reason, message string
	// stalled says that somebody has to change something.
	stalled bool
	// retryAfter is when to look again. Zero: when something changes, or by the queue's backoff where cause is set.
	retryAfter time.Duration
	// cause is a passing failure, which is logged and retried with backoff.
	cause error
	// undecided says that nothing is known yet, so that the status stays as it is.
	undecided bool
}

func (h *halt) Error() string {
	switch {
	case !h.undecided:
		return h.reason + ": " + h.message
	case h.cause != nil:
		return h.cause.Error()
	}
	return "it has changed meanwhile"
}

// Unwrap returns the passing failure.
func (h *halt) Unwrap() error { return h.cause }

// setCondition writes one condition, of the generation that was looked at.
func setCondition(conditions *[]metav1.Condition, generation int64, kind string, status metav1.ConditionStatus, reason, message string, now time.Time) {
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message,
		ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(now),
	})
}

// summarise sets Ready, Reconciling and Stalled from the layers, as kstatus wants them: Reconciling and Stalled are
// there only while they are True.
func summarise(conditions *[]metav1.Condition, generation int64, layers []string, stopped *halt, succeeded string, now time.Time) {
	for _, layer := range layers {
		if meta.FindStatusCondition(*conditions, layer) == nil {
			setCondition(conditions, generation, layer, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, "Waits for the layers before it.", now)
		}
	}
	reason, message := v1alpha1.ReasonSucceeded, succeeded
	ready := metav1.ConditionTrue
	if stopped != nil {
		ready, reason, message = metav1.ConditionFalse, stopped.reason, stopped.message
	}
	setCondition(conditions, generation, v1alpha1.ConditionReady, ready, reason, message, now)
	// One that stays is not removed first: it would be as of now, and written again at each attempt.
	if stopped == nil || !stopped.stalled {
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
	}
	if stopped == nil || stopped.stalled {
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionReconciling)
	}
	switch {
	case stopped == nil:
	case stopped.stalled:
		setCondition(conditions, generation, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message, now)
	default:
		setCondition(conditions, generation, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonProgressing, message, now)
	}
}
