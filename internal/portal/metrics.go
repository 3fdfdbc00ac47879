package portal

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// metrics are the figures of the public site.
type metrics struct {
	logins          *prometheus.CounterVec
	accountsRemoved prometheus.Counter
}

func newMetrics() *metrics {
	return &metrics{
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
	return append(append(p.signup.Collectors(), p.outbox.Collectors()...), m.logins, m.accountsRemoved, p.observer, postgres.PoolCollector{
		Stats: func() map[string]*pgxpool.Stat { return map[string]*pgxpool.Stat{"portal": p.db.Stat()} },
	})
}
