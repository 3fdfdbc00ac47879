package directory

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// refresh reads the registry at once, after each notification, and at intervals, until ctx ends.
func (d *Directory) refresh(ctx context.Context) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	d.readAll(ctx)
	close(d.attempted)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.pending.wake:
			ids, all, done := d.pending.take()
			if all {
				d.readAll(ctx)
			} else {
				d.readByID(ctx, ids)
			}
			done()
		case <-poll.C:
			// The row of a deleted tenant is removed after its hold. A directory that was stale in the meantime may have
			// missed the deletion, and the tenant's names may have new owners.
			if !d.Fresh() || d.now().Sub(d.fullAt) >= fullInterval {
				d.readAll(ctx)
			} else {
				d.readChanged(ctx)
			}
		}
	}
}

// Await waits until ctx ends for everything that has been committed about a tenant, such as what this program has just written.
func (d *Directory) Await(ctx context.Context, id int64) {
	select {
	case <-d.pending.addWaiting(id):
	case <-ctx.Done():
	}
}

// readAll replaces the whole directory.
func (d *Directory) readAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := readTime{d.now(), time.Now()}
	snapshot, err := ReadAll(ctx, d.pool)
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
	d.fullAt = began.now
	d.publish(snapshot, began)
}

// readChanged reads what changed since the last snapshot.
func (d *Directory) readChanged(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := readTime{d.now(), time.Now()}
	snapshot, err := ReadChangedSince(ctx, d.pool, d.snapshotAt.Add(-pollOverlap))
	if !d.succeeded(ctx, readChanged, err) {
		return
	}
	if snapshot.At.Before(d.snapshotAt) { // the database's clock was set back: later changes have earlier timestamps
		d.pending.addAll()
	}
	d.apply(snapshot)
	d.publish(snapshot, began)
}

// readByID reads the tenants that notifications named. If it fails, the next readChanged finds them.
func (d *Directory) readByID(ctx context.Context, ids []int64) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	entries, err := ReadByID(ctx, d.pool, ids)
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
	d.report()
}

// publish marks the directory as fresh, once it contains a whole snapshot. began is when reading the snapshot began.
func (d *Directory) publish(snapshot Snapshot, began readTime) {
	d.snapshotAt = snapshot.At
	d.readAt.Store(&began)
	d.report()
}

// succeeded counts a read. It logs the first failure of a series, and the first success after it.
func (d *Directory) succeeded(ctx context.Context, kind readKind, err error) bool {
	d.metrics.countRead(kind, err)
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
		d.log.LogAttrs(ctx, slog.LevelError, "Cannot read the registry", slog.String("cause", postgres.LogText(err)))
	}
	return false
}
