package platform

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

var (
	tenantsByPhase = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_tenants", Help: "Tenants of a Platform by phase.",
	}, []string{"namespace", "platform", "phase"})
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

func init() {
	metrics.Registry.MustRegister(tenantsByPhase, orphanRows, heldDeletions, tombstonesPurged)
}

// ResetMetrics deletes the series of all Platforms.
func ResetMetrics() {
	tenantsByPhase.Reset()
	orphanRows.Reset()
	heldDeletions.Reset()
}

// deleteMetrics deletes the series of a Platform.
func deleteMetrics(platform types.NamespacedName) {
	for _, phase := range v1alpha1.TenantPhases {
		tenantsByPhase.DeleteLabelValues(platform.Namespace, platform.Name, string(phase))
	}
	orphanRows.DeleteLabelValues(platform.Namespace, platform.Name)
	heldDeletions.DeleteLabelValues(platform.Namespace, platform.Name)
}
