package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/bench/report"
)

// growth is how many Tenants are created at once while an installation grows.
const growth = 500

// series measures how the cost of a Tenant depends on how many exist. It compares an installation that grows with one that
// stays empty, in alternation, so that other load on the machine slows both.
type series struct{ empty, grown *benchmark }

// measureSeries starts two installations, measures at each size, stops both, and returns the report of the larger one.
func measureSeries(ctx context.Context, o options, s sizes, programs programs, p *progress) (r *report.Report, err error) {
	s.timeout = s.seriesTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("the series of sizes takes longer than %s on this machine: use --sizes", s.timeout))
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	o.logs = "" // both installations have logs of the same names
	var installations []*benchmark
	for _, what := range []string{"that stays empty", "that grows"} {
		p.say("An installation %s", what)
		st, err := startStack(ctx, o, programs, p, fail)
		defer func() { err = errors.Join(err, st.stop(context.WithoutCancel(ctx))) }()
		if err != nil {
			return nil, because(ctx, err)
		}
		b := &benchmark{stack: st, sizes: s, progress: p}
		defer b.end()
		if err := b.begin(ctx); err != nil {
			return nil, because(ctx, err)
		}
		installations = append(installations, b)
	}
	all := series{empty: installations[0], grown: installations[1]}
	for _, size := range s.series {
		if err := all.measure(ctx, size); err != nil {
			return nil, because(ctx, err)
		}
	}
	return all.grown.report(), nil
}

// measure lets one installation grow to a size, and measures both.
func (s series) measure(ctx context.Context, size int) error {
	b := s.grown
	for len(b.fleet) < size {
		b.progress.say("Growing from %d to %d Tenants", len(b.fleet), size)
		names := b.names("grown", min(growth, size-len(b.fleet)))
		if _, err := b.createAtOnce(ctx, v1alpha1.DeletionPolicyDelete, names); err != nil {
			return err
		}
		b.fleet = append(b.fleet, names...)
	}
	for _, part := range []func(context.Context) error{s.measureAlone, s.measureBatches, s.measureRestart, s.measureCheck, s.measureMemory} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// exist describes the installation in the name of a figure.
func (s series) exist() string { return fmt.Sprintf("%d exist", len(s.grown.fleet)) }

const noneExist = "the same, none exist"

// measureAlone creates and deletes Tenants one by one.
func (s series) measureAlone(ctx context.Context) error {
	s.grown.progress.say("%d times %d Tenants one by one, %s", s.grown.sizes.rounds, s.grown.sizes.alone, s.exist())
	created, deleted := map[*benchmark][]float64{}, map[*benchmark][]float64{}
	for round := range s.grown.rounds() {
		var jobs []func() error
		for _, b := range []*benchmark{s.grown, s.empty} {
			jobs = append(jobs, func() error {
				creations, deletions, err := b.createAndDelete(ctx, b.names("alone", b.sizes.alone))
				if err != nil {
					return err
				}
				created[b] = append(created[b], report.Quantile(creations, 0.5))
				deleted[b] = append(deleted[b], report.Quantile(deletions, 0.5))
				return nil
			})
		}
		if err := inTurn(round, jobs...); err != nil {
			return err
		}
	}
	s.grown.add("Create to Ready, one by one, p50, "+s.exist(), "ms", created[s.grown]...).WithLimit(noneExist, created[s.empty]).RatioAtMost(1.1)
	s.grown.add("Delete to gone, one by one, p50, "+s.exist(), "ms", deleted[s.grown]...).WithLimit(noneExist, deleted[s.empty]).RatioAtMost(1.1)
	return nil
}

// batches are the rounds in which one installation, or plain SQL, creates or deletes many Tenants at once.
type batches struct {
	perSecond, all, database, sessions []float64
	// milliseconds of CPU time by process, summed over the rounds.
	milliseconds map[string]float64
}

// add measures a round of count Tenants. It does not count the CPU time of the benchmark itself.
func (r *batches) add(b *benchmark, count int, do func() (time.Duration, error)) error {
	use := cpuUse{stack: b.stack, server: b.stack.blog.PID()}
	before, sessions := use.cpuTimes(), sessionsTime(b.stack.postgres.PID())
	took, err := do()
	if err != nil {
		return err
	}
	if r.milliseconds == nil {
		r.milliseconds = map[string]float64{}
	}
	all, used := 0.0, map[string]float64{}
	for part, after := range use.cpuTimes() {
		used[part] = report.Milliseconds(after-before[part]) / float64(count)
		r.milliseconds[part] += used[part]
		if part != ownProcess {
			all += used[part]
		}
	}
	r.sessions = append(r.sessions, report.Milliseconds(sessionsTime(b.stack.postgres.PID())-sessions)/float64(count))
	r.perSecond, r.all, r.database = append(r.perSecond, perSecond(count, took)), append(r.all, all), append(r.database, used[databaseServer])
	return nil
}

// mean returns the CPU times of one Tenant, by process.
func (r *batches) mean(what string) *report.CPU {
	mean := &report.CPU{What: what, Milliseconds: map[string]float64{}}
	for part, sum := range r.milliseconds {
		mean.Milliseconds[part] = sum / float64(len(r.all))
	}
	return mean
}

// measureBatches creates and deletes many Tenants at once, and does the same in the database by plain SQL.
func (s series) measureBatches(ctx context.Context) error {
	b := s.grown
	count := b.sizes.batch
	b.progress.say("%d times %d Tenants at once, %s", b.sizes.rounds, count, s.exist())
	var created, deleted struct{ grown, empty, plain batches }
	cycle := func(b *benchmark, creations, deletions *batches) func() error {
		return func() error {
			names := b.names("batch", count)
			return errors.Join(
				creations.add(b, count, func() (time.Duration, error) { return b.createAtOnce(ctx, v1alpha1.DeletionPolicyDelete, names) }),
				deletions.add(b, count, func() (time.Duration, error) { return b.deleteAtOnce(ctx, names) }))
		}
	}
	plain := func() error {
		names := s.empty.names("plain", count)
		return errors.Join(
			created.plain.add(s.empty, count, func() (time.Duration, error) { return atOnce(ctx, manyClients, names, s.empty.sql.create) }),
			deleted.plain.add(s.empty, count, func() (time.Duration, error) { return atOnce(ctx, manyClients, names, s.empty.sql.drop) }))
	}
	for round := range b.rounds() {
		if err := inTurn(round, cycle(s.grown, &created.grown, &deleted.grown), cycle(s.empty, &created.empty, &deleted.empty), plain); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		verb, noun          string
		grown, empty, plain *batches
	}{
		{"created", "creation", &created.grown, &created.empty, &created.plain},
		{"deleted", "deletion", &deleted.grown, &deleted.empty, &deleted.plain},
	} {
		what := fmt.Sprintf("%d %s at once, %s", count, of.verb, s.exist())
		b.add(what, "/s", of.grown.perSecond...).WithLimit(noneExist, of.empty.perSecond)
		b.add(fmt.Sprintf("CPU time of a %s, %s", of.noun, s.exist()), "ms", of.grown.all...).WithLimit(noneExist, of.empty.all).RatioAtMost(1.1)
		b.add(fmt.Sprintf("PostgreSQL's share, %s", s.exist()), "ms", of.grown.database...).
			WithLimit(noneExist, of.empty.database).WithLimit("plain SQL", of.plain.database)
		b.add(fmt.Sprintf("The same without autovacuum, %s", s.exist()), "ms", of.grown.sessions...).
			WithLimit(noneExist, of.empty.sessions).RatioAtMost(1.1).WithLimit("plain SQL", of.plain.sessions)
		b.cpu = append(b.cpu, of.grown.mean(what), of.empty.mean("the same, none exist"))
	}
	return nil
}
