package tenant

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

// probeRetry is the delay before a failed probe is repeated.
const probeRetry = 2 * time.Second

// probeServing requests the home page of every host of the Tenant from the backend. It does so after a change, when the check of
// the backend asks for it, while the Tenant is not Serving, and if someone has edited what the condition says. A backend that
// does not answer for any Tenant is not asked for each of them: its check requeues them when it answers again.
//
// Sets Serving; False with ProbeFailed, and Unknown with Waiting while the schema lacks what the application needs.
func (r *Reconciler) probeServing(ctx context.Context, s *scope) error {
	if !s.IsTrue(v1alpha1.ConditionDatabaseReady) { // the application cannot serve it
		s.Set(v1alpha1.ConditionServing, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, "Waiting for earlier steps.")
		return nil
	}
	suspended := meta.IsStatusConditionFalse(s.tenant.Status.Conditions, v1alpha1.ConditionActive)
	message := fmt.Sprintf("The backend serves %s.", status.Quote(s.hosts()))
	if suspended {
		message = fmt.Sprintf("The backend answers %d for %s.", s.app.Probe.Suspended[0], status.Quote(s.hosts()))
	}
	requested := r.Requeuer.TakeProbe(client.ObjectKeyFromObject(s.tenant))
	if meta.IsStatusConditionFalse(s.platform.Status.Conditions, v1alpha1.ConditionBackendReady) && (requested || s.needsProbe || !s.IsTrue(v1alpha1.ConditionServing)) {
		return step.Waiting(v1alpha1.ConditionServing, v1alpha1.ReasonProbeFailed, probe.NoAnswer(s.app.Backend), 0)
	}
	if !requested && !s.needsProbe && s.IsTrue(v1alpha1.ConditionServing) && s.message(v1alpha1.ConditionServing) == message {
		return nil
	}
	for _, host := range s.hosts() {
		failure := r.Prober.Await(ctx, probe.Target{App: s.app, Namespace: s.tenant.Namespace, Host: host, Tenant: s.tenant.Name, Suspended: suspended})
		if failure != "" {
			return step.Waiting(v1alpha1.ConditionServing, v1alpha1.ReasonProbeFailed, failure, probeRetry)
		}
	}
	s.Set(v1alpha1.ConditionServing, metav1.ConditionTrue, v1alpha1.ReasonServing, message)
	return nil
}

// message returns the message of a condition.
func (s *scope) message(kind string) string {
	if found := meta.FindStatusCondition(s.tenant.Status.Conditions, kind); found != nil {
		return found.Message
	}
	return ""
}
