package signup

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics count sign-ups.
type metrics struct {
	results  *prometheus.CounterVec
	duration prometheus.Histogram
}

func newMetrics() *metrics {
	return &metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "echoblogs_signups_total",
			Help: "Sign-ups, by result (started, refused, live, failed) and, for those refused or failed, by reason.",
		}, []string{"result", "reason"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "echoblogs_signup_duration_seconds", Help: "Time from a sign-up, or the confirmation it waited for, to the live blog.",
			Buckets: []float64{.05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300},
		}),
	}
}

func (m *metrics) count(result, reason string) { m.results.WithLabelValues(result, reason).Inc() }

// Collectors returns the metrics of sign-ups.
func (s *Service) Collectors() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.results, s.metrics.duration}
}
