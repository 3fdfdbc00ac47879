package blog

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// readKind says what of the registry was looked at.
type readKind string

const (
	readAll      readKind = "all"
	readChanged  readKind = "changed"
	readNotified readKind = "notified"
)

// readCounters count looks at the registry.
type readCounters struct {
	*prometheus.CounterVec
}

func newReadCounters() *readCounters {
	c := &readCounters{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "echoblogs_blog_directory_reads_total",
		Help: "Looks at the registry: at all tenants, at those that changed lately, at those a notification named.",
	}, []string{"kind", "result"})}
	for _, kind := range []readKind{readAll, readChanged, readNotified} {
		for _, result := range []string{"success", "failure"} {
			c.WithLabelValues(string(kind), result) // so that they are there, at 0, from the start
		}
	}
	return c
}

func (c *readCounters) count(kind readKind, err error) {
	result := "success"
	if err != nil {
		result = "failure"
	}
	c.WithLabelValues(string(kind), result).Inc()
}

// Collectors returns the metrics of the blog. None of them has a label that grows with the number of tenants.
func (b *Blog) Collectors() []prometheus.Collector {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	d := b.directory
	return []prometheus.Collector{
		b.observer,
		d.reads,
		gauge("echoblogs_blog_directory_age_seconds", "Time since the registry was last read; beyond 45 s tenants' pages answer 503. -1 before the first time.", func() float64 {
			if age, known := d.age(); known {
				return age.Seconds()
			}
			return -1
		}),
		gauge("echoblogs_blog_directory_tenants", "Tenants that the directory knows.", func() float64 { return float64(d.tenantCount.Load()) }),
		gauge("echoblogs_blog_directory_hosts", "Hosts that the directory knows.", func() float64 { return float64(d.hostsCount.Load()) }),
		postgres.PoolCollector{Stats: func() map[string]*pgxpool.Stat {
			return map[string]*pgxpool.Stat{"directory": d.pool.Stat(), "posts": b.pool.Stat()}
		}},
	}
}
