package tenant

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	creationsTried = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_tried_total", Help: "Attempts to create a tenant's schema.",
	})
	creationsSucceeded = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_succeeded_total", Help: "Successful creations of a tenant's schema.",
	})
	creationsFailed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_failed_total", Help: "Failed creations of a tenant's schema, which were rolled back.",
	})
	timeToReady = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "echoblogs_tenant_time_to_ready_seconds",
		Help:    "Time from the creation of a Tenant, which Kubernetes records in whole seconds, until it is first Ready.",
		Buckets: []float64{0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800},
	})
	registryRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_registry_repairs_total", Help: "Registry rows that differed from their Tenant without a change to it and were repaired.",
	})
	routeRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_route_repairs_total", Help: "Ingresses that differed from their Tenant without a change to it and were repaired.",
	})
)

func init() {
	metrics.Registry.MustRegister(creationsTried, creationsSucceeded, creationsFailed, timeToReady, registryRepairs, routeRepairs)
}
