package tenant

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// updateStatus computes the Tenant's status from what the reconcile has read. The error stopped is nil if every step
// succeeded.
func (s *scope) updateStatus(stopped *step.Error) {
	s.tenant.Status.ObservedGeneration = s.tenant.Generation
	s.describeRow()
	stopped = s.Summarize(stopped, s.succeeded())
	if s.tenant.DeletionTimestamp.IsZero() {
		s.tenant.Status.DeletionHold = nil
	}
	if s.tenant.Status.FirstServedAt == nil && meta.IsStatusConditionTrue(s.tenant.Status.Conditions, v1alpha1.ConditionServing) {
		s.tenant.Status.FirstServedAt = new(metav1.NewTime(s.now))
	}
	s.tenant.Status.Phase = s.phase(stopped)
}

// describeRow copies the registry row, if it was read.
func (s *scope) describeRow() {
	if s.row.State != tenancy.StateLive {
		return
	}
	status := &s.tenant.Status
	status.SchemaName, status.SchemaVersion = s.row.SchemaName, s.row.SchemaVersion
	status.PaidUntil = v1alpha1.NewDate(s.row.PaidUntil)
	status.Hosts = s.hosts()
	status.URL = naming.URL(s.platform.Spec.PublicURL, s.row.PrimaryHost)
}

// succeeded is the message of Ready=True.
func (s *scope) succeeded() string {
	if meta.IsStatusConditionFalse(s.tenant.Status.Conditions, v1alpha1.ConditionActive) {
		return fmt.Sprintf("Suspended at %s.", s.tenant.Status.URL)
	}
	return fmt.Sprintf("Serving at %s.", s.tenant.Status.URL)
}

// phasesBeforeReady are the phases of a Tenant that has never been Ready.
var phasesBeforeReady = []v1alpha1.TenantPhase{"", v1alpha1.TenantPending, v1alpha1.TenantProvisioning}

// phasesAfterReady are the phases of a Tenant that has been Ready. An outage does not change them.
var phasesAfterReady = []v1alpha1.TenantPhase{v1alpha1.TenantActive, v1alpha1.TenantGrace, v1alpha1.TenantSuspended}

// phase summarizes the Tenant's life. The error stopped is the one that Ready reports, or nil; a Tenant that is served
// keeps its phase whatever else is wrong.
func (s *scope) phase(stopped *step.Error) v1alpha1.TenantPhase {
	conditions := s.tenant.Status.Conditions
	served := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionServing) && meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionDatabaseReady)
	active := meta.FindStatusCondition(conditions, v1alpha1.ConditionActive)
	switch {
	case !s.tenant.DeletionTimestamp.IsZero():
		return v1alpha1.TenantTerminating
	case !served && stopped != nil:
		return s.phaseUnserved(stopped)
	case !served:
		return v1alpha1.TenantProvisioning
	case active != nil && active.Status == metav1.ConditionFalse:
		return v1alpha1.TenantSuspended
	case active != nil && active.Reason == v1alpha1.ReasonGrace:
		return v1alpha1.TenantGrace
	}
	return v1alpha1.TenantActive
}

func (s *scope) phaseUnserved(stopped *step.Error) v1alpha1.TenantPhase {
	switch {
	case stopped.IsStalled():
		return v1alpha1.TenantFailed
	case s.platform == nil || stopped.Reason() == v1alpha1.ReasonNameHeld:
		return v1alpha1.TenantPending
	case slices.Contains(phasesAfterReady, s.tenant.Status.Phase):
		return s.tenant.Status.Phase
	}
	return v1alpha1.TenantProvisioning
}
