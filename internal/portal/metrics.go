package portal

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// metrics are the figures of the public site.
type metrics struct {
	registrations   *prometheus.CounterVec
	timeToLive      prometheus.Histogram
	logins          *prometheus.CounterVec
	accountsRemoved prometheus.Counter
}

func newMetrics() *metrics {
	return &metrics{
		registrations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "echoblogs_portal_registrations_total",
			Help: "Registrations, by result (tried, live, refused, failed) and by why they were refused or failed.",
		}, []string{"result", "reason"}),
		timeToLive: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "echoblogs_portal_time_to_live_blog_seconds", Help: "Time from a registration to its blog being live.",
			Buckets: []float64{.05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300},
		}),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "echoblogs_portal_logins_total", Help: "Logins, by result (succeeded, refused).",
		}, []string{"result"}),
		accountsRemoved: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "echoblogs_portal_accounts_removed_total", Help: "Accounts removed because their owners had no blog any more.",
		}),
	}
}

// Collectors returns the metrics of the public site.
func (p *Portal) Collectors() []prometheus.Collector {
	m := p.metrics
	return append(p.outbox.Collectors(), m.registrations, m.timeToLive, m.logins, m.accountsRemoved, p.observer, postgres.PoolCollector{
		Stats: func() map[string]*pgxpool.Stat { return map[string]*pgxpool.Stat{"portal": p.db.Stat()} },
	})
}
