package blog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxAge is how old the directory may be. Names that are freed are held for tenancy.Hold, which is 60 s: a
	// replica with a view older than that could show one tenant's posts under another's host.
	maxAge = 45 * time.Second
	// pollInterval is how often changes are looked for, whether a notification came or not.
	pollInterval = 2 * time.Second
	// pollOverlap is how far before the last view changes are looked for. Changes are stamped with the moment their
	// transaction began, and the registry lets none take nearly as long.
	pollOverlap = 60 * time.Second
	// fullInterval is how often everything is read: only that finds rows that were removed.
	fullInterval = 5 * time.Minute
	// readTimeout bounds one look at the registry; several may fail before the view is too old.
	readTimeout = 5 * time.Second
)

// directoryCache tells from memory which tenant a host belongs to.
//
// Requests look hosts up in a sync.Map, which since Go 1.24 is a hash trie: a look-up takes no lock, and a change copies
// one small node. A map behind an atomic pointer would be read a little faster, but copied for every change, and 60
// creations a second among 10,000 tenants would copy half a gigabyte a second.
//
// One goroutine reads the registry and is the only one that writes here, so that a later statement of the database
// never yields to an earlier one.
type directoryCache struct {
	pool *pgxpool.Pool
	now  func() time.Time
	log  *slog.Logger

	hosts sync.Map // host → *tenant
	// readAt is when the last successful look at all changes began, by the clock now; nil before the first.
	readAt atomic.Pointer[time.Time]
	// site is what pages show of the Platform; nil before the first look.
	site                    atomic.Pointer[directory.Site]
	tenantCount, hostsCount atomic.Int64
	reads                   *readCounters
	pending                 *pendingReads

	// The rest belongs to the goroutine of run.

	byID map[int64]*tenant
	// viewAt is the time of the last view, by the database's clock.
	viewAt time.Time
	// fullAt is when everything was last read, by the clock now.
	fullAt  time.Time
	failing bool
}

// newDirectoryCache returns an empty directory. Its connections are its own: pages that wait for a slow schema must not
// keep it from the registry.
func newDirectoryCache(uri string, pending *pendingReads, now func() time.Time, log *slog.Logger) (*directoryCache, error) {
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{MaxConns: 1, ApplicationName: "echoblogs-blog-directory"})
	if err != nil {
		return nil, err
	}
	return &directoryCache{
		pool: pool, now: now, log: log,
		reads: newReadCounters(), pending: pending, byID: map[int64]*tenant{},
	}, nil
}

// lookup returns the tenant at a host, or nil.
func (d *directoryCache) lookup(host string) *tenant {
	if found, ok := d.hosts.Load(host); ok {
		return found.(*tenant)
	}
	return nil
}

// platform returns what pages say of the Platform; the zero value when that is not known.
func (d *directoryCache) platform() web.Platform {
	known := d.site.Load()
	if known == nil {
		return web.Platform{}
	}
	return web.Platform{
		PublicURL: known.PublicURL, Domain: known.Domain, Registration: known.Registration, Contact: web.Contact(known.Contact),
	}
}

// fresh reports whether the directory may be trusted.
func (d *directoryCache) fresh() bool {
	age, known := d.age()
	return known && age < maxAge
}

// age returns how old the view is. Without a jump of the machine's clock: Go's times carry the monotonic one.
func (d *directoryCache) age() (age time.Duration, known bool) {
	readAt := d.readAt.Load()
	if readAt == nil {
		return 0, false
	}
	return d.now().Sub(*readAt), true
}

// run keeps the directory up to date until ctx ends.
func (d *directoryCache) run(ctx context.Context) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	d.readAll(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.pending.wake:
			if ids, all := d.pending.take(); all {
				d.readAll(ctx)
			} else {
				d.readByID(ctx, ids)
			}
		case <-poll.C:
			// Rows of tenants that are gone are removed once their hold is over. A view that was trusted all along has
			// seen that they are released; one that was not has missed it, and their names may be others' by now.
			if !d.fresh() || d.now().Sub(d.fullAt) >= fullInterval {
				d.readAll(ctx)
			} else {
				d.readChanged(ctx)
			}
		}
	}
}

// readAll replaces all that is known.
func (d *directoryCache) readAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := d.now()
	snapshot, err := directory.ReadAll(ctx, d.pool)
	if !d.succeeded(ctx, readAll, err) {
		return
	}
	d.apply(snapshot)
	live := make(map[int64]struct{}, len(snapshot.Tenants))
	for _, entry := range snapshot.Tenants {
		live[entry.ID] = struct{}{}
	}
	for id := range d.byID {
		if _, ok := live[id]; !ok {
			d.remove(id)
		}
	}
	d.fullAt = began
	d.trust(snapshot, began)
}

// readChanged reads what changed since the last view.
func (d *directoryCache) readChanged(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := d.now()
	snapshot, err := directory.ReadChangedSince(ctx, d.pool, d.viewAt.Add(-pollOverlap))
	if !d.succeeded(ctx, readChanged, err) {
		return
	}
	if snapshot.At.Before(d.viewAt) { // the database's clock was set back: changes since then bear times before the last view
		d.pending.addAll()
	}
	d.apply(snapshot)
	d.trust(snapshot, began)
}

// readByID reads the tenants that notifications named. When it fails, the next look at what changed finds them.
func (d *directoryCache) readByID(ctx context.Context, ids []int64) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	entries, err := directory.ReadByID(ctx, d.pool, ids)
	if !d.succeeded(ctx, readNotified, err) {
		return
	}
	found := make(map[int64]struct{}, len(entries))
	for _, entry := range entries {
		found[entry.ID] = struct{}{}
		d.put(entry)
	}
	for _, id := range ids {
		if _, ok := found[id]; !ok {
			d.remove(id)
		}
	}
	d.count()
}

// apply takes over what a view has.
func (d *directoryCache) apply(snapshot directory.Snapshot) {
	before := d.platform().PublicURL
	d.site.Store(&snapshot.Site)
	if snapshot.Site.PublicURL != before {
		for _, t := range d.byID {
			d.renew(t)
		}
	}
	for _, entry := range snapshot.Tenants {
		d.put(entry)
	}
}

// trust lets requests go by the directory, once all of a view that was asked for at the moment began is in it.
func (d *directoryCache) trust(snapshot directory.Snapshot, began time.Time) {
	d.viewAt = snapshot.At
	d.readAt.Store(&began)
	d.count()
}

// renew gives a tenant's links the scheme and port of the public site. Which hosts it has is not said anew.
func (d *directoryCache) renew(old *tenant) {
	t := newTenant(old.Entry, d.platform().PublicURL, old)
	d.byID[t.ID] = t
	for _, host := range t.Hosts {
		d.hosts.CompareAndSwap(host, old, t)
	}
}

// put makes the directory say what the registry says of one tenant. A host that another tenant has here is moved: that
// statement is older, or the host could not be in this one.
func (d *directoryCache) put(entry directory.Entry) {
	if len(entry.Hosts) == 0 { // not live
		d.remove(entry.ID)
		return
	}
	slices.Sort(entry.Hosts) // the database returns them in any order
	old := d.byID[entry.ID]
	t, publicURL := old, d.platform().PublicURL
	if old == nil || !old.says(entry, publicURL) {
		t = newTenant(entry, publicURL, old)
		d.byID[t.ID] = t
	}
	for _, host := range t.Hosts {
		if d.lookup(host) != t {
			d.hosts.Store(host, t)
		}
	}
	if old != nil && old != t {
		for _, host := range old.Hosts {
			if !slices.Contains(t.Hosts, host) {
				d.release(host, old.ID)
			}
		}
	}
}

func (d *directoryCache) remove(id int64) {
	if t := d.byID[id]; t != nil {
		for _, host := range t.Hosts {
			d.release(host, id)
		}
		delete(d.byID, id)
	}
}

// release forgets a host, unless another tenant has it by now.
func (d *directoryCache) release(host string, id int64) {
	if t := d.lookup(host); t != nil && t.ID == id {
		d.hosts.Delete(host)
	}
}

// succeeded counts a look at the registry, and logs when they begin to fail and when they work again: not each one.
func (d *directoryCache) succeeded(ctx context.Context, kind readKind, err error) bool {
	d.reads.count(kind, err)
	switch {
	case err == nil:
		if d.failing {
			d.failing = false
			d.log.LogAttrs(ctx, slog.LevelInfo, "Reading the registry works again")
		}
		return true
	case errors.Is(ctx.Err(), context.Canceled):
		return false // the program is stopping
	case !d.failing:
		d.failing = true
		d.log.LogAttrs(ctx, slog.LevelError, "Cannot read the registry", slog.String("cause", postgres.Explain(err)),
			slog.String("sqlstate", postgres.Code(err)))
	}
	return false
}

func (d *directoryCache) count() {
	hosts := 0
	for _, t := range d.byID {
		hosts += len(t.Hosts)
	}
	d.tenantCount.Store(int64(len(d.byID)))
	d.hostsCount.Store(int64(hosts))
}
