package explain

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/remediation"
)

// reasonsToWait are reasons of conditions that are not True, for which nothing has to be done yet.
var reasonsToWait = []string{
	v1alpha1.ReasonWaiting, v1alpha1.ReasonProgressing, v1alpha1.ReasonNameHeld, v1alpha1.ReasonRoutePending,
	v1alpha1.ReasonCertificatePending, v1alpha1.ReasonTerminating, v1alpha1.ReasonPlatformNotFound, v1alpha1.ReasonPlatformNotReady,
}

// reasonsOfPlatform are reasons that the layer of the Platform explains.
var reasonsOfPlatform = []string{v1alpha1.ReasonPlatformNotFound, v1alpha1.ReasonPlatformNotReady}

// layer returns a layer as a condition of an object has it. whoWaits is the cause if there is no such condition yet.
func (f *facts) layer(name string, of statused, kind, whoWaits string) Layer {
	l := Layer{Name: name, State: Waiting, Cause: whoWaits}
	c := meta.FindStatusCondition(of.GetConditions(), kind)
	if c == nil {
		return l
	}
	l.Cause, l.Next = remediation.Split(c.Reason, c.Message)
	switch {
	case c.Status == metav1.ConditionTrue && c.Reason != v1alpha1.ReasonGrace:
		l.State = OK
	case c.Status == metav1.ConditionFalse && !slices.Contains(reasonsToWait, c.Reason):
		l.State = Wrong
	}
	if slices.Contains(reasonsOfPlatform, c.Reason) {
		l.Next = ""
	}
	if l.Next != "" {
		l.Command = remediation.Command(c.Reason, f.subject())
	}
	l.Changes = changeOfCondition(of, *c)
	return l
}

// statused is an object with conditions.
type statused interface {
	metav1.Object
	GetConditions() []metav1.Condition
}

// fail makes a layer wrong for a reason, which has a remedy.
func (f *facts) fail(l *Layer, reason, problem string) {
	l.State, l.Cause, l.Next = Wrong, problem, remediation.For(reason)
	l.Command = remediation.Command(reason, f.subject())
}

// subject is what commands are about.
func (f *facts) subject() remediation.Subject {
	s := remediation.Subject{Namespace: f.namespace, Tenant: f.name, Platform: f.platformName}
	if f.platform != nil {
		s.Backend = f.platform.Spec.Backend.Name
	}
	return s
}

// checkOperator is what to do if the operator should have done something.
func (f *facts) checkOperator(l *Layer) {
	l.Next, l.Command = "Check that the operator runs.", f.subject().Fill(remediation.OperatorPods)
}
