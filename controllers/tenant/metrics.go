package tenant

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	creations = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_total", Help: "Attempts to create a tenant's schema by result: succeeded, or failed and rolled back.",
	}, []string{"result"})
	creationsSucceeded, creationsFailed = creations.WithLabelValues("succeeded"), creations.WithLabelValues("failed")
	timeToReady                         = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "echoblogs_tenant_time_to_ready_seconds",
		Help:    "Time from the creation of a Tenant, which Kubernetes records in whole seconds, until it is first Ready.",
		Buckets: []float64{0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800},
	})
	reconciled = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "echoblogs_tenants_reconciled", Help: "Tenants whose reconcile was complete at least once since the operator became the leader.",
	})
	registryRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_registry_repairs_total", Help: "Repairs of registry rows that had drifted from their Tenant.",
	})
	privilegeRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_privilege_repairs_total", Help: "Repairs of tenants' schemas in which the application lacked a privilege.",
	})
	routeRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_route_repairs_total", Help: "Repairs of Ingresses that had drifted from their Tenant.",
	})
)

// ResetMetrics sets the number of reconciled Tenants to 0.
func ResetMetrics() { reconciled.Set(0) }

func init() {
	metrics.Registry.MustRegister(creations, timeToReady, reconciled, registryRepairs, privilegeRepairs, routeRepairs)
}
