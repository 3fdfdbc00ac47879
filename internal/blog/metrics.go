package blog

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Collectors returns the metrics of the blog. None has a label that grows with the number of tenants.
func (b *Blog) Collectors() []prometheus.Collector {
	pools := postgres.PoolCollector{Stats: func() map[string]*postgres.PoolStat {
		return map[string]*postgres.PoolStat{"directory": b.directory.PoolStat(), "reader": b.pools.reader.Stat(), "editor": b.pools.editor.Stat()}
	}}
	return append(append(b.directory.Collectors(), b.observer, pools), b.readers.Collectors()...)
}
