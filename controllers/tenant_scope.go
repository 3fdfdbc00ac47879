package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/schema"
)

// tenantLayers are the conditions that have to be True for a Tenant to be Ready, in the order of the steps.
var tenantLayers = []string{
	v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionDomainsReady, v1alpha1.ConditionRouteReady, v1alpha1.ConditionServing,
}

// tenantScope carries what one reconcile of a Tenant has read and done.
type tenantScope struct {
	// tenant is the object; its status is written when the reconcile ends.
	tenant *v1alpha1.Tenant
	// now is the moment that the whole reconcile goes by.
	now time.Time
	// platform is set by resolvePlatform.
	platform *v1alpha1.Platform
	// store is set by resolvePlatform.
	store *schema.Store
	// row is what the registry says; set by ensureDatabase.
	row registry.Tenant
	// changed says that a step wrote something that readers may notice, so that the probe has to look again.
	changed bool
	// made says that a schema was made or brought back for the Tenant.
	made bool
	// degraded is a layer that is not as it should be while the steps after it go on: a taken custom domain.
	degraded *halt
	// nextDate is when the life of the Tenant goes on by itself; set by ensureActive.
	nextDate time.Time
}

// set writes one of the Tenant's conditions.
func (s *tenantScope) set(kind string, status metav1.ConditionStatus, reason, message string) {
	setCondition(&s.tenant.Status.Conditions, s.tenant.Generation, kind, status, reason, message, s.now)
}

// degrade marks a layer while the steps after it go on. The first one is told.
func (s *tenantScope) degrade(h *halt) {
	s.set(h.condition, metav1.ConditionFalse, h.reason, h.message)
	if s.degraded == nil {
		s.degraded = h
	}
}

// isTrue reports whether a condition is True for the present generation.
func (s *tenantScope) isTrue(kind string) bool {
	c := meta.FindStatusCondition(s.tenant.Status.Conditions, kind)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == s.tenant.Generation
}

// hosts returns the hosts that the Tenant has, the primary one first.
func (s *tenantScope) hosts() []string {
	return append([]string{s.row.PrimaryHost}, s.row.CustomHosts...)
}
