package tenancy

import "github.com/prometheus/client_golang/prometheus"

// transactions counts the transactions of every Store, by operation and result.
var transactions = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "echoblogs_sql_transactions_total",
	Help: "Transactions on tenants' schemas and the registry, by operation (create, update, migrate, ...) and result (committed, rolled_back).",
}, []string{"operation", "result"})

// migrationsApplied counts migrations, once for each schema.
var migrationsApplied = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "echoblogs_migrations_applied_total",
	Help: "Migrations applied to tenants' schemas, at their creation or later.",
})

// Metrics returns the metrics of every Store of the program.
func Metrics() []prometheus.Collector {
	return []prometheus.Collector{transactions, migrationsApplied}
}
