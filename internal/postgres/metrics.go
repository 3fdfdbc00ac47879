package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	poolMax      = prometheus.NewDesc("echoblogs_database_pool_max_connections", "The largest number of connections.", []string{"database"}, nil)
	poolOpen     = prometheus.NewDesc("echoblogs_database_pool_open_connections", "Connections that are open.", []string{"database"}, nil)
	poolInUse    = prometheus.NewDesc("echoblogs_database_pool_in_use_connections", "Connections that run a statement or transaction.", []string{"database"}, nil)
	poolAcquired = prometheus.NewDesc("echoblogs_database_pool_acquisitions_total", "Connections handed out.", []string{"database"}, nil)
	poolWaited   = prometheus.NewDesc("echoblogs_database_pool_waited_seconds_total", "Time spent waiting for a connection.", []string{"database"}, nil)
)

// PoolCollector is a Prometheus collector of how pools are used.
type PoolCollector struct {
	// Stats returns the statistics of the open pools by name.
	Stats func() map[string]*pgxpool.Stat
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
