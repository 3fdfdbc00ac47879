package controllers

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	creationsTried = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_tried_total", Help: "Creations of a tenant's schema that were begun.",
	})
	creationsSucceeded = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_succeeded_total", Help: "Creations of a tenant's schema that went through.",
	})
	creationsFailed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tenant_creations_failed_total", Help: "Creations of a tenant's schema that did not go through, of which nothing is left.",
	})
	timeToReady = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "echoblogs_tenant_time_to_ready_seconds",
		Help:    "From the creation of a Tenant, which Kubernetes records in whole seconds, to its first Ready.",
		Buckets: []float64{0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800},
	})
	registryRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_registry_repairs_total", Help: "Registry rows and domains that differed from their Tenant and were put back.",
	})
	routeRepairs = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_route_repairs_total", Help: "Ingresses that differed from their Tenant and were put back.",
	})
	tenantsByPhase = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_tenants", Help: "Tenants of a Platform in each phase.",
	}, []string{"namespace", "platform", "phase"})
	orphanRows = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "echoblogs_registry_orphans", Help: "Live rows of the registry that have no Tenant. They are reported and never dropped.",
	}, []string{"namespace", "platform"})
	tombstonesPurged = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "echoblogs_tombstones_purged_total", Help: "Schemas of deleted tenants that were dropped when their retention was over.",
	})
)

func init() {
	metrics.Registry.MustRegister(creationsTried, creationsSucceeded, creationsFailed, timeToReady, registryRepairs,
		routeRepairs, tenantsByPhase, orphanRows, tombstonesPurged)
}
