package status_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

var layers = []string{v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionRouteReady}

// summarize returns the conditions of an object, as "Type=Status Reason: Message".
func summarize(degraded, stopped *step.Error) map[string]string {
	platform := &v1alpha1.Platform{}
	c := status.NewConditions(platform, layers, time.Unix(0, 0))
	if degraded != nil {
		c.Degrade(degraded)
	}
	_ = c.Summarize(stopped, "Serving.")
	return shown(platform.Status.Conditions)
}

func shown(conditions []metav1.Condition) map[string]string {
	shown := map[string]string{}
	for _, c := range conditions {
		shown[c.Type] = string(c.Status) + " " + c.Reason + ": " + c.Message
	}
	return shown
}

func TestSummaryFollowsKstatus(t *testing.T) {
	t.Parallel()
	stalled := step.Stalled(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressNotOwned, "Not ours.")
	waiting := step.Waiting(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonNameHeld, "Held.", time.Second)
	const (
		remove = "Not ours. Delete or rename that Ingress."
		held   = "Held. No action is needed: the Tenant gets the name when the hold ends."
		later  = "Unknown Waiting: Waiting for earlier steps."
	)
	tests := map[string]struct {
		degraded, stopped *step.Error
		want              map[string]string
	}{
		"success": {want: map[string]string{
			"Ready": "True Succeeded: Serving.", "DatabaseReady": later, "RouteReady": later,
		}},
		"stalled": {stopped: stalled, want: map[string]string{
			"Ready": "False IngressNotOwned: " + remove, "Stalled": "True IngressNotOwned: " + remove,
			"RouteReady": "False IngressNotOwned: " + remove, "DatabaseReady": later,
		}},
		"waiting": {stopped: waiting, want: map[string]string{
			"Ready": "False NameHeld: " + held, "Reconciling": "True Progressing: " + held, "DatabaseReady": "False NameHeld: " + held, "RouteReady": later,
		}},
		"degraded": {degraded: stalled, want: map[string]string{
			"Ready": "False IngressNotOwned: " + remove, "Stalled": "True IngressNotOwned: " + remove,
			"RouteReady": "False IngressNotOwned: " + remove, "DatabaseReady": later,
		}},
		"stopped after a degraded layer": {degraded: stalled, stopped: waiting, want: map[string]string{
			"Ready": "False NameHeld: " + held, "Reconciling": "True Progressing: " + held, "DatabaseReady": "False NameHeld: " + held,
			"RouteReady": "False IngressNotOwned: " + remove,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, summarize(test.degraded, test.stopped)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

// A retry that changes nothing must not write the status.
func TestRepeatedErrorsChangeNothing(t *testing.T) {
	t.Parallel()
	for name, stopped := range map[string]*step.Error{
		"stalled": step.Stalled(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressNotOwned, "Not ours."),
		"waiting": step.Waiting(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonNameHeld, "Held.", time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			platform := &v1alpha1.Platform{}
			_ = status.NewConditions(platform, layers, time.Unix(0, 0)).Summarize(stopped, "Serving.")
			before := platform.DeepCopy()
			_ = status.NewConditions(platform, layers, time.Unix(60, 0)).Summarize(stopped, "Serving.")
			if diff := cmp.Diff(before, platform); diff != "" {
				t.Errorf("the status changed (-before +after):\n%s", diff)
			}
		})
	}
}
