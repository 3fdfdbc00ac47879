// Package status writes the status of Tenants and Platforms: their conditions, the summary that kstatus reads, and the
// event of a transition.
package status

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

// Object is an API object with conditions.
type Object interface {
	client.Object
	GetConditions() []metav1.Condition
	SetConditions(conditions []metav1.Condition)
}

// Conditions sets the conditions of one object during one reconcile.
type Conditions struct {
	object Object
	// layers are the conditions that must be True for the object to be Ready, in the order of the steps.
	layers   []string
	now      time.Time
	degraded []*step.Error
}

// NewConditions returns the Conditions of an object. Layers are the condition types that must be True for the object to be
// Ready, in the order of the steps; now is the time of transitions.
func NewConditions(object Object, layers []string, now time.Time) *Conditions {
	return &Conditions{object: object, layers: layers, now: now}
}

// Set sets a condition for the object's current generation.
func (c *Conditions) Set(kind string, status metav1.ConditionStatus, reason, message string) {
	conditions := c.object.GetConditions()
	meta.SetStatusCondition(&conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: shorten(message, maxMessage),
		ObservedGeneration: c.object.GetGeneration(), LastTransitionTime: metav1.NewTime(c.now),
	})
	c.object.SetConditions(conditions)
}

// Degrade sets the condition of a layer to False without stopping the reconcile. Ready reports the first degraded layer.
func (c *Conditions) Degrade(err *step.Error) {
	c.fail(err)
	c.degraded = append(c.degraded, err)
}

// Degraded returns the error of the first degraded layer, or nil.
func (c *Conditions) Degraded() *step.Error {
	if len(c.degraded) == 0 {
		return nil
	}
	return c.degraded[0]
}

// IsDegraded reports whether Degrade has set a condition.
func (c *Conditions) IsDegraded(kind string) bool {
	return slices.ContainsFunc(c.degraded, func(err *step.Error) bool { return err.Condition() == kind })
}

// IsTrue reports whether a condition is True for the object's current generation.
func (c *Conditions) IsTrue(kind string) bool {
	found := meta.FindStatusCondition(c.object.GetConditions(), kind)
	return found != nil && found.Status == metav1.ConditionTrue && found.ObservedGeneration == c.object.GetGeneration()
}

// Summarize sets Ready, Reconciling and Stalled from the layers as kstatus defines them: Reconciling and Stalled are
// present only while they are True. The parameter stopped is the error that ended the steps; if it is nil, the first
// degraded layer counts instead. It returns the error that Ready reports, or nil.
func (c *Conditions) Summarize(stopped *step.Error, succeeded string) *step.Error {
	if stopped == nil {
		stopped = c.Degraded()
	} else {
		c.fail(stopped)
	}
	for _, layer := range c.layers {
		if meta.FindStatusCondition(c.object.GetConditions(), layer) == nil {
			c.Set(layer, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, "Waiting for earlier steps.")
		}
	}
	// A condition that stays is never removed first: setting it again would give it a new transition time, and a retry
	// that changes nothing would write the status.
	switch {
	case stopped == nil:
		c.Set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded, succeeded)
		c.Remove(v1alpha1.ConditionStalled)
		c.Remove(v1alpha1.ConditionReconciling)
	case stopped.IsStalled():
		c.Set(v1alpha1.ConditionReady, metav1.ConditionFalse, stopped.Reason(), stopped.Message())
		c.Remove(v1alpha1.ConditionReconciling)
		c.Set(v1alpha1.ConditionStalled, metav1.ConditionTrue, stopped.Reason(), stopped.Message())
	default:
		c.Set(v1alpha1.ConditionReady, metav1.ConditionFalse, stopped.Reason(), stopped.Message())
		c.Remove(v1alpha1.ConditionStalled)
		c.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonProgressing, stopped.Message())
	}
	return stopped
}

func (c *Conditions) fail(err *step.Error) {
	if err.Condition() == "" { // only Ready is False
		return
	}
	c.Set(err.Condition(), metav1.ConditionFalse, err.Reason(), err.Message())
}

// Remove removes a condition.
func (c *Conditions) Remove(kind string) {
	conditions := c.object.GetConditions()
	meta.RemoveStatusCondition(&conditions, kind)
	c.object.SetConditions(conditions)
}
