package main

import (
	"context"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/bench/report"
)

// applicants is the number of concurrent clients that create Tenants.
const applicants = 32

// create returns a job that creates a Tenant.
func (b *benchmark) create(policy v1alpha1.DeletionPolicy) job {
	return func(ctx context.Context, _ int, name string) error {
		_, err := createTenant(ctx, b.stack.client, namespace, name, policy)
		return err
	}
}

// delete is a job that deletes a Tenant.
func (b *benchmark) delete(ctx context.Context, _ int, name string) error {
	_, err := remove(ctx, b.stack.client, fmt.Sprintf(tenantsPath, namespace)+"/"+name)
	return err
}

// createAtOnce creates Tenants concurrently, and returns the time from the first call to the last Ready.
func (b *benchmark) createAtOnce(ctx context.Context, policy v1alpha1.DeletionPolicy, names []string) (time.Duration, error) {
	start := time.Now()
	if _, err := atOnce(ctx, applicants, names, b.create(policy)); err != nil {
		return 0, err
	}
	ready, err := b.clock.awaitReady(ctx, names...)
	return last(ready).Sub(start), err
}

// deleteAtOnce deletes Tenants concurrently, and returns the time from the first call until the last one is gone.
func (b *benchmark) deleteAtOnce(ctx context.Context, names []string) (time.Duration, error) {
	start := time.Now()
	if _, err := atOnce(ctx, applicants, names, b.delete); err != nil {
		return 0, err
	}
	gone, err := b.clock.awaitGone(ctx, names...)
	return last(gone).Sub(start), err
}

// warmUp makes all programs open connections and fill caches, and copies the objects for the bare API writes.
func (b *benchmark) warmUp(ctx context.Context) error {
	b.progress.say("Warming up")
	names := b.names("warm", 2*manyClients)
	if _, err := b.createAtOnce(ctx, v1alpha1.DeletionPolicyDelete, names); err != nil {
		return err
	}
	var err error
	if b.api, err = newAPILimit(ctx, b.stack.client, names[0]); err != nil {
		return err
	}
	if _, err := b.deleteAtOnce(ctx, names); err != nil {
		return err
	}
	if err := b.api.recordDeletion(ctx); err != nil {
		return err
	}
	for _, do := range []job{
		both(b.api.create, b.api.drop), both(b.sql.create, b.sql.drop), both(b.sql.createByProduct, b.sql.drop),
	} {
		if _, err := atOnce(ctx, manyClients, b.names("warm", len(names)), do); err != nil {
			return err
		}
	}
	return nil
}

// measureDatabase measures the database's share of a creation.
func (b *benchmark) measureDatabase(ctx context.Context) error {
	b.progress.say("The database's share of a creation")
	var product, plain struct{ alone, many []float64 }
	alone := func(do job, into *[]float64) func() error {
		return func() error {
			names := b.names("db", b.sizes.alone)
			times, err := oneByOne(ctx, names, do)
			if err != nil {
				return err
			}
			*into = append(*into, report.Quantile(times, 0.5))
			_, err = atOnce(ctx, manyClients, names, b.sql.drop)
			return err
		}
	}
	many := func(do job, into *[]float64) func() error {
		return func() error {
			names := b.names("db", b.sizes.batch)
			took, err := atOnce(ctx, manyClients, names, do)
			if err != nil {
				return err
			}
			*into = append(*into, perSecond(len(names), took))
			_, err = atOnce(ctx, manyClients, names, b.sql.drop)
			return err
		}
	}
	for round := range b.rounds() {
		err := inTurn(round,
			alone(b.sql.createByProduct, &product.alone), alone(b.sql.create, &plain.alone),
			many(b.sql.createByProduct, &product.many), many(b.sql.create, &plain.many))
		if err != nil {
			return err
		}
	}
	b.add("The database's share of a creation, 1 client, p50", "ms", product.alone...).WithLimit("plain SQL, 1 client", plain.alone).RatioAtMost(1.5)
	b.add(fmt.Sprintf("The same, %d clients", manyClients), "/s", product.many...).WithLimit(fmt.Sprintf("plain SQL, %d clients", manyClients), plain.many)
	return nil
}

// measureAlone creates and deletes Tenants one by one on an idle installation.
func (b *benchmark) measureAlone(ctx context.Context) error {
	b.progress.say("%d times %d Tenants one by one", b.sizes.rounds, b.sizes.alone)
	var creations, deletions struct {
		all            []time.Duration
		product, limit []float64
	}
	for round := range b.rounds() {
		names := b.names("alone", b.sizes.alone)
		err := inTurn(round, func() error {
			created, deleted, err := b.createAndDelete(ctx, names)
			if err != nil {
				return err
			}
			creations.all = append(creations.all, created...)
			creations.product = append(creations.product, report.Quantile(created, 0.5))
			deletions.all = append(deletions.all, deleted...)
			deletions.product = append(deletions.product, report.Quantile(deleted, 0.5))
			return nil
		}, func() error {
			created, err := oneByOne(ctx, names, both(b.sql.create, b.api.create))
			if err != nil {
				return err
			}
			creations.limit = append(creations.limit, report.Quantile(created, 0.5))
			deleted, err := oneByOne(ctx, names, both(b.sql.drop, b.api.drop))
			deletions.limit = append(deletions.limit, report.Quantile(deleted, 0.5))
			return err
		})
		if err != nil {
			return err
		}
	}
	b.add("Create to Ready, one by one, p50", "ms", creations.product...).
		WithLimit("plain SQL, then the three API writes", creations.limit).AtMost(80)
	b.add("Create to Ready, one by one, p99", "ms", report.Quantile(creations.all, 0.99)).AtMost(300)
	b.add("Delete to gone, one by one, p50", "ms", deletions.product...).WithLimit("plain SQL, then the four API writes", deletions.limit)
	b.add("Delete to gone, one by one, p99", "ms", report.Quantile(deletions.all, 0.99))
	return nil
}

// createAndDelete creates Tenants one by one, and then deletes them one by one. It returns how long each took.
func (b *benchmark) createAndDelete(ctx context.Context, names []string) (created, deleted []time.Duration, err error) {
	created, err = oneByOne(ctx, names, func(ctx context.Context, _ int, name string) error {
		if err := b.create(v1alpha1.DeletionPolicyDelete)(ctx, 0, name); err != nil {
			return err
		}
		_, err := b.clock.awaitReady(ctx, name)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	deleted, err = oneByOne(ctx, names, func(ctx context.Context, _ int, name string) error {
		if err := b.delete(ctx, 0, name); err != nil {
			return err
		}
		_, err := b.clock.awaitGone(ctx, name)
		return err
	})
	return created, deleted, err
}

// both runs two jobs one after the other.
func both(first, second job) job {
	return func(ctx context.Context, client int, name string) error {
		if err := first(ctx, client, name); err != nil {
			return err
		}
		return second(ctx, client, name)
	}
}

// bounds are the limits of concurrent Tenants: the database, the API server, and both.
type bounds struct {
	what             string
	clients          int
	create, drop     job
	created, dropped []float64
}

func (b *benchmark) bounds() []*bounds {
	var list []*bounds
	for _, clients := range []int{manyClients, 1} {
		list = append(list, &bounds{what: "plain SQL", clients: clients, create: b.sql.create, drop: b.sql.drop})
	}
	for _, clients := range []int{32, 8, 1} {
		list = append(list, &bounds{what: "the API writes", clients: clients, create: b.api.create, drop: b.api.drop})
	}
	return append(list, &bounds{
		what: "plain SQL, then the API writes", clients: workers, create: both(b.sql.create, b.api.create), drop: both(b.sql.drop, b.api.drop),
	})
}

func (l *bounds) measure(ctx context.Context, names []string) error {
	took, err := atOnce(ctx, l.clients, names, l.create)
	if err != nil {
		return err
	}
	l.created = append(l.created, perSecond(len(names), took))
	took, err = atOnce(ctx, l.clients, names, l.drop)
	l.dropped = append(l.dropped, perSecond(len(names), took))
	return err
}

func (l *bounds) String() string {
	if l.clients == 1 {
		return l.what + ", 1 client"
	}
	return fmt.Sprintf("%s, %d clients", l.what, l.clients)
}

// measureBatches creates and deletes many Tenants concurrently.
func (b *benchmark) measureBatches(ctx context.Context) error {
	b.progress.say("%d times %d Tenants at once", b.sizes.rounds, b.sizes.batch)
	limits := b.bounds()
	var created, deleted []float64
	creation, deletion := b.newCPUUse("%d created at once", b.sizes.batch), b.newCPUUse("%d deleted at once", b.sizes.batch)
	for round := range b.rounds() {
		names := b.names("batch", b.sizes.batch)
		jobs := []func() error{func() error {
			stop := creation.start()
			took, err := b.createAtOnce(ctx, v1alpha1.DeletionPolicyDelete, names)
			if err != nil {
				return err
			}
			stop(len(names))
			created = append(created, perSecond(len(names), took))
			stop = deletion.start()
			took, err = b.deleteAtOnce(ctx, names)
			stop(len(names))
			deleted = append(deleted, perSecond(len(names), took))
			return err
		}}
		for _, l := range limits {
			jobs = append(jobs, func() error { return l.measure(ctx, b.names("bound", len(names))) })
		}
		if err := inTurn(round, jobs...); err != nil {
			return err
		}
	}
	creations := b.add(fmt.Sprintf("%d Tenants created at once", b.sizes.batch), "/s", created...).AtLeast(60)
	deletions := b.add(fmt.Sprintf("%d Tenants deleted at once, with their schemas", b.sizes.batch), "/s", deleted...)
	for i, l := range limits {
		creations.WithLimit(l.String(), l.created)
		deletions.WithLimit(l.String(), l.dropped)
		if i == 0 {
			creations.RatioAtLeast(0.4)
		}
	}
	return nil
}

// measureRetention concurrently deletes many Tenants whose schemas are retained.
func (b *benchmark) measureRetention(ctx context.Context) error {
	b.progress.say("%d Tenants deleted whose schemas are kept", b.sizes.batch)
	names := b.names("kept", b.sizes.batch)
	if _, err := b.createAtOnce(ctx, v1alpha1.DeletionPolicyRetain, names); err != nil {
		return err
	}
	took, err := b.deleteAtOnce(ctx, names)
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("%d Tenants deleted at once, their schemas kept", len(names)), "/s", perSecond(len(names), took))
	return nil
}

// createFleet creates the Tenants for the other measurements.
func (b *benchmark) createFleet(ctx context.Context) error {
	b.progress.say("%d Tenants at once", b.sizes.fleet)
	b.fleet = b.names("fleet", b.sizes.fleet)
	profiled, err := b.profile(ctx)
	if err != nil {
		return err
	}
	use := b.newCPUUse("%d created at once", len(b.fleet))
	stop := use.start()
	took, err := b.createAtOnce(ctx, v1alpha1.DeletionPolicyDelete, b.fleet)
	if err != nil {
		return err
	}
	stop(len(b.fleet))
	if err := profiled(); err != nil {
		return err
	}
	f := b.add(fmt.Sprintf("%d Tenants created at once", len(b.fleet)), "/s", perSecond(len(b.fleet), took))
	all := b.bounds()
	b.fleetBounds = []*bounds{all[0], all[2], all[len(all)-1]} // the fastest of each kind
	for _, l := range b.fleetBounds {
		if err := l.measure(ctx, b.names("bound", len(b.fleet))); err != nil {
			return err
		}
		f.WithLimit(l.String(), l.created)
	}
	return nil
}

// deleteFleet deletes the fleet with all its data.
func (b *benchmark) deleteFleet(ctx context.Context) error {
	b.progress.say("%d Tenants deleted at once", len(b.fleet))
	use := b.newCPUUse("%d deleted at once", len(b.fleet))
	stop := use.start()
	took, err := b.deleteAtOnce(ctx, b.fleet)
	if err != nil {
		return err
	}
	stop(len(b.fleet))
	f := b.add(fmt.Sprintf("%d Tenants deleted at once, with their schemas", len(b.fleet)), "/s", perSecond(len(b.fleet), took))
	for _, l := range b.fleetBounds {
		f.WithLimit(l.String(), l.dropped)
	}
	return nil
}
