package portal

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Collectors returns the metrics of the public site.
func (p *Portal) Collectors() []prometheus.Collector {
	return append(slices.Concat(p.signup.Collectors(), p.accounts.Collectors(), p.outbox.Collectors()), p.observer, postgres.PoolCollector{
		Stats: func() map[string]*postgres.PoolStat { return map[string]*postgres.PoolStat{"portal": p.db.Stat()} },
	})
}
