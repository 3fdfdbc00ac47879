package postgres

import (
	"github.com/prometheus/client_golang/prometheus"
)

var (
	poolMax      = prometheus.NewDesc("echoblogs_database_pool_max_connections", "The maximum number of connections.", []string{"pool"}, nil)
	poolOpen     = prometheus.NewDesc("echoblogs_database_pool_open_connections", "Open connections.", []string{"pool"}, nil)
	poolInUse    = prometheus.NewDesc("echoblogs_database_pool_in_use_connections", "Connections that are in use by a statement or a transaction.", []string{"pool"}, nil)
	poolAcquired = prometheus.NewDesc("echoblogs_database_pool_acquisitions_total", "Acquisitions of a connection.", []string{"pool"}, nil)
	poolWaited   = prometheus.NewDesc("echoblogs_database_pool_waited_seconds_total", "Time spent waiting for a connection.", []string{"pool"}, nil)
)

// PoolCollector is a Prometheus collector for the use of pools.
type PoolCollector struct {
	// Stats returns the statistics of the open pools by name.
	Stats func() map[string]*PoolStat
}

// Describe sends the descriptions of the metrics.
func (c PoolCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{poolMax, poolOpen, poolInUse, poolAcquired, poolWaited} {
		out <- d
	}
}

// Collect sends the figures of this moment.
func (c PoolCollector) Collect(out chan<- prometheus.Metric) {
	for name, stat := range c.Stats() {
		out <- prometheus.MustNewConstMetric(poolMax, prometheus.GaugeValue, float64(stat.MaxConns()), name)
		out <- prometheus.MustNewConstMetric(poolOpen, prometheus.GaugeValue, float64(stat.TotalConns()), name)
		out <- prometheus.MustNewConstMetric(poolInUse, prometheus.GaugeValue, float64(stat.AcquiredConns()), name)
		out <- prometheus.MustNewConstMetric(poolAcquired, prometheus.CounterValue, float64(stat.AcquireCount()), name)
		out <- prometheus.MustNewConstMetric(poolWaited, prometheus.CounterValue, stat.EmptyAcquireWaitTime().Seconds(), name)
	}
}
