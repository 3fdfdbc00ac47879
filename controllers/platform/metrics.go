package platform

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

var (
	tenantsByPhase = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_tenants", Help: "Tenants of a Platform by phase.",
	}, []string{"namespace", "platform", "phase"})
	longestWaits = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_tenants_longest_wait_seconds",
		Help: "For how long the Tenant of a phase that has waited the longest has not been Ready, or has been deleted, without held deletions.",
	}, []string{"namespace", "platform", "phase"})
	backendReady = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_backend_ready", Help: "Whether the backend answers for the Tenants of a Platform: 1 or 0. Absent while there is no Tenant to ask for.",
	}, []string{"namespace", "platform"})
	orphanRows = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_registry_orphans", Help: "Live registry rows without a Tenant. Orphans are reported, never dropped.",
	}, []string{"namespace", "platform"})
	heldDeletions = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_held_deletions", Help: "Tenants whose deletion waits for a decision.",
	}, []string{"namespace", "platform"})
	tombstonesPurged = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tombstones_purged_total", Help: "Schemas of deleted tenants dropped at the end of their retention.",
	})
)

// ofPlatforms are the metrics whose values are those of the last reconcile of a Platform.
var ofPlatforms = []*prometheus.GaugeVec{tenantsByPhase, longestWaits, backendReady, orphanRows, heldDeletions}

// waitingPhases are the phases that a Tenant leaves without a change by anyone.
var waitingPhases = []v1alpha1.TenantPhase{v1alpha1.TenantPending, v1alpha1.TenantProvisioning, v1alpha1.TenantTerminating}

func init() {
	metrics.Registry.MustRegister(tombstonesPurged)
	for _, metric := range ofPlatforms {
		metrics.Registry.MustRegister(metric)
	}
}

// ResetMetrics deletes the series of all Platforms. An operator that no longer leads would show its last ones until it ends.
func ResetMetrics() {
	for _, metric := range ofPlatforms {
		metric.Reset()
	}
}

// deleteMetrics deletes the series of a Platform.
func deleteMetrics(platform types.NamespacedName) {
	for _, metric := range ofPlatforms {
		metric.DeletePartialMatch(prometheus.Labels{"namespace": platform.Namespace, "platform": platform.Name})
	}
}

// recordWaits records for how long the Tenants of a Platform have waited at most.
func recordWaits(s *scope, tenants []v1alpha1.Tenant) {
	longest := map[v1alpha1.TenantPhase]time.Duration{}
	for i := range tenants {
		phase := phaseOf(&tenants[i])
		if since := waitingSince(&tenants[i]); !since.IsZero() {
			longest[phase] = max(longest[phase], s.now.Sub(since))
		}
	}
	for _, phase := range waitingPhases {
		longestWaits.WithLabelValues(s.platform.Namespace, s.platform.Name, string(phase)).Set(longest[phase].Seconds())
	}
}

// waitingSince returns since when a Tenant has been in one of the waiting phases, or zero. A deletion that is held waits for a
// person, not for the operator.
func waitingSince(t *v1alpha1.Tenant) time.Time {
	switch phaseOf(t) {
	case v1alpha1.TenantPending, v1alpha1.TenantProvisioning:
		if ready := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			return ready.LastTransitionTime.Time
		}
		return t.CreationTimestamp.Time
	case v1alpha1.TenantTerminating:
		if t.DeletionTimestamp != nil && t.Status.DeletionHold == nil {
			return t.DeletionTimestamp.Time
		}
	}
	return time.Time{}
}

// phaseOf returns the phase of a Tenant, also of one that no reconcile has seen.
func phaseOf(t *v1alpha1.Tenant) v1alpha1.TenantPhase {
	return cmp.Or(t.Status.Phase, v1alpha1.TenantPending)
}

// recordBackend records the condition BackendReady of a Platform.
func recordBackend(s *scope) {
	series := prometheus.Labels{"namespace": s.platform.Namespace, "platform": s.platform.Name}
	switch ready := meta.FindStatusCondition(s.platform.Status.Conditions, v1alpha1.ConditionBackendReady); {
	case ready == nil || ready.Status == metav1.ConditionUnknown:
		backendReady.Delete(series)
	case ready.Status == metav1.ConditionTrue:
		backendReady.With(series).Set(1)
	default:
		backendReady.With(series).Set(0)
	}
}
