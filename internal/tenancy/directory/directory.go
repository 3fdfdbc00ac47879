// Package directory tells the programs that serve tenants which tenant a host belongs to, and what pages show of the
// Platform. A Directory holds all live tenants in memory and follows the registry, which it only reads.
package directory

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// MaxAge is the age at which a directory is too old to be used. Freed names are held for tenancy.Hold, which is 60 s:
	// with an older directory, a replica could serve one tenant's pages under the host of another.
	MaxAge = 45 * time.Second
	// pollInterval is the time between two reads of recent changes, with or without notifications.
	pollInterval = 2 * time.Second
	// pollOverlap is how far changes are read back before the last snapshot. A change is stamped with the time at which
	// its transaction began, and the registry limits transactions to much less than this.
	pollOverlap = 60 * time.Second
	// fullInterval is the time between two reads of all tenants. Only these find rows that were removed.
	fullInterval = 5 * time.Minute
	// readTimeout bounds one read. Several can fail before the directory is too old.
	readTimeout = 5 * time.Second
)

// Options configure a Directory.
type Options struct {
	// DatabaseURI is the address of the database, or a file with it; see postgres.AddressFromEnv. Required.
	DatabaseURI string
	// ListenURI is the address of the same database without a pooler in between, for the connection that waits for
	// notifications. Defaults to DatabaseURI. Through PgBouncer in transaction mode no notification would arrive, and
	// changes would take up to two seconds to show.
	ListenURI string
	// Name is the name of the program in pg_stat_activity, and MetricsPrefix the prefix of its metrics. Required.
	Name, MetricsPrefix string
	// Log receives log lines. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock by which the directory ages. Defaults to time.Now.
	Now func() time.Time
}

// Directory holds all live tenants in memory, by host. It has a dedicated connection, so that slow statements of tenants
// never delay it, and another one for notifications.
//
// Hosts are in a sync.Map, which is a hash trie: a lookup takes no lock, and a change copies one small node. A map behind
// an atomic pointer would be slightly faster to read, but would be copied for every change: at 60 creations per second
// among 10,000 tenants, half a gigabyte per second.
//
// Only the goroutine of Run reads the registry and changes the directory, so that an older result never replaces a
// newer one.
type Directory struct {
	pool     *postgres.Pool
	listener *listener
	now      func() time.Time
	log      *slog.Logger
	metrics  *metrics

	hosts sync.Map // host → *Tenant
	// redirects has the former hosts of tenants. A host in hosts counts more.
	redirects sync.Map // host → *Tenant
	// readAt is when the last successful read of all changes began; nil before the first.
	readAt atomic.Pointer[readTime]
	// platform is nil before the first read.
	platform atomic.Pointer[Platform]
	pending  *pendingReads
	// attempted is closed when the first read has ended.
	attempted chan struct{}

	// These fields belong to the goroutine of Run.

	byID map[int64]*Tenant
	// hostCount is the number of hosts of all tenants in byID.
	hostCount int
	// snapshotAt is the time of the last snapshot, by the database's clock.
	snapshotAt time.Time
	// fullAt is when all tenants were last read.
	fullAt  time.Time
	failing bool
}

// New returns an empty Directory. It connects when Run is called.
func New(o Options) (*Directory, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	pending := newPendingReads()
	listener, err := newListener(cmp.Or(o.ListenURI, o.DatabaseURI), o.Name+"-listen", pending, o.Log)
	if err != nil {
		return nil, err
	}
	pool, err := postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: 1, ApplicationName: o.Name + "-directory"})
	if err != nil {
		return nil, err
	}
	return &Directory{
		pool: pool, listener: listener, now: o.Now, log: o.Log,
		metrics: newMetrics(o.MetricsPrefix), pending: pending, attempted: make(chan struct{}), byID: map[int64]*Tenant{},
	}, nil
}

// Lookup returns the tenant with a host, or nil. The host has to be normalized.
func (d *Directory) Lookup(host string) *Tenant {
	if found, ok := d.hosts.Load(host); ok {
		return found.(*Tenant)
	}
	return nil
}

// LookupFormer returns the tenant to whose primary host a host redirects at the time now, or nil. The host has to be
// normalized, and to belong to no tenant.
func (d *Directory) LookupFormer(host string, now time.Time) *Tenant {
	found, ok := d.redirects.Load(host)
	if !ok {
		return nil
	}
	t := found.(*Tenant)
	for _, r := range t.Redirects {
		if r.Host == host && now.Before(r.Until) {
			return t
		}
	}
	return nil
}

// Platform returns what pages show of the Platform; the zero value if it is unknown.
func (d *Directory) Platform() Platform {
	if platform := d.platform.Load(); platform != nil {
		return *platform
	}
	return Platform{}
}

// Fresh reports whether the directory is recent enough to be used.
func (d *Directory) Fresh() bool {
	age, known := d.Age()
	return known && age < MaxAge
}

// Age returns the time since the last successful read of all changes. known is false before the first.
func (d *Directory) Age() (age time.Duration, known bool) {
	readAt := d.readAt.Load()
	if readAt == nil {
		return 0, false
	}
	return d.now().Sub(readAt.now), true // by the monotonic clock, so changes of the system's clock do not matter
}

// Lag returns the longest time for which a change can have been committed that the directory does not have: Age, whatever Options.Now
// is. known is false before the first read.
func (d *Directory) Lag() (lag time.Duration, known bool) {
	readAt := d.readAt.Load()
	if readAt == nil {
		return 0, false
	}
	return time.Since(readAt.real), true
}

// readTime is a moment by Options.Now, and by the clock of the system.
type readTime struct{ now, real time.Time }

// Attempted returns a channel that is closed when Run has read the registry for the first time, or failed to.
func (d *Directory) Attempted() <-chan struct{} { return d.attempted }

// Run keeps the directory up to date until ctx ends.
func (d *Directory) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { d.refresh(ctx) })
	running.Go(func() { d.listener.run(ctx) })
	running.Wait()
}

// Close closes the connection to the database. Call it after Run has returned.
func (d *Directory) Close() { d.pool.Close() }

// PoolStat returns how the directory's pool is used.
func (d *Directory) PoolStat() *postgres.PoolStat { return d.pool.Stat() }

// Collectors returns the metrics of the directory. None has a label that grows with the number of tenants.
func (d *Directory) Collectors() []prometheus.Collector { return d.metrics.collectors(d) }
