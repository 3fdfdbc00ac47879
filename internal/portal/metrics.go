package portal

import (
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Collectors returns the metrics of the public site.
func (p *Portal) Collectors() []prometheus.Collector {
	return append(slices.Concat(p.signup.Collectors(), p.accounts.Collectors(), p.outbox.Collectors()), p.observer, postgres.PoolCollector{
		Stats: func() map[string]*pgxpool.Stat { return map[string]*pgxpool.Stat{"portal": p.db.Stat()} },
	})
}
