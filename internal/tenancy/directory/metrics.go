package directory

import "github.com/prometheus/client_golang/prometheus"

// readKind is what a read of the registry was for.
type readKind string

const (
	readAll      readKind = "all"
	readChanged  readKind = "changed"
	readNotified readKind = "notified"
)

type metrics struct {
	prefix         string
	reads          *prometheus.CounterVec
	tenants, hosts prometheus.Gauge
}

func newMetrics(prefix string) *metrics {
	prefix += "_directory_"
	m := &metrics{
		prefix: prefix,
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "reads_total",
			Help: "Reads of the registry: of all tenants, of recent changes, of tenants named by notifications.",
		}, []string{"kind", "result"}),
		tenants: prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "tenants", Help: "Tenants in the directory."}),
		hosts:   prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "hosts", Help: "Hosts in the directory."}),
	}
	for _, kind := range []readKind{readAll, readChanged, readNotified} {
		for _, result := range []string{"success", "failure"} {
			m.reads.WithLabelValues(string(kind), result) // exported from the start, as 0
		}
	}
	return m
}

func (m *metrics) countRead(kind readKind, err error) {
	result := "success"
	if err != nil {
		result = "failure"
	}
	m.reads.WithLabelValues(string(kind), result).Inc()
}

func (m *metrics) collectors(d *Directory) []prometheus.Collector {
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: m.prefix + "age_seconds",
		Help: "Time since the registry was last read. From 45 s on, tenants' pages answer 503. -1 before the first read.",
	}, func() float64 {
		if age, known := d.Age(); known {
			return age.Seconds()
		}
		return -1
	})
	return []prometheus.Collector{m.reads, m.tenants, m.hosts, age}
}
