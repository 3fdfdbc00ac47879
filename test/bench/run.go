package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// options are what the command line says.
type options struct {
	tenants, rounds          int
	state, logs              string
	markdown, json, profiles string
}

// sizes say how much is measured.
type sizes struct {
	// rounds is how often each figure is taken, in turn with its limits.
	rounds int
	// alone is how many Tenants are created one by one in each round.
	alone int
	// batch is how many are created at once in each round, fleet how many stay for the rest.
	batch, fleet int
	// hosts is the number of hosts of the smaller page benchmark; the larger one has the whole fleet.
	hosts int
	// pages is how long one round of pages takes.
	pages time.Duration
	// timeout bounds all that is measured.
	timeout time.Duration
}

var (
	full    = sizes{rounds: 5, alone: 20, batch: 200, fleet: 1000, hosts: 50, pages: 4 * time.Second, timeout: 12 * time.Minute}
	smaller = sizes{rounds: 2, alone: 10, batch: 60, fleet: 150, hosts: 50, pages: time.Second, timeout: 2 * time.Minute}
)

// stopTimeout bounds the end of each program; on a busy machine an API server takes long.
const stopTimeout = 30 * time.Second

// runBenchmark measures, and writes the report when everything is cleaned up.
func runBenchmark(ctx context.Context, o options, s sizes) error {
	p := newProgress(os.Stderr)
	programs, err := findPrograms(ctx, p)
	if err != nil {
		return err
	}
	defer os.RemoveAll(programs.own)
	r, err := measure(ctx, o, s, programs, p)
	if r == nil {
		return err
	}
	p.say("Done")
	return errors.Join(err, r.publish(os.Stdout, o))
}

// measure starts everything, measures, and leaves nothing running and no data behind. With a report, its error is one of
// cleaning up.
func measure(ctx context.Context, o options, s sizes, programs programs, p *progress) (r *report, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("it takes longer than %s here: measure less, or when the machine has less to do", s.timeout))
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	st, err := startStack(ctx, o, programs, p, fail)
	defer func() {
		err = errors.Join(err, st.stop(context.WithoutCancel(ctx)))
	}()
	if err != nil {
		return nil, because(ctx, err)
	}
	b := &benchmark{stack: st, sizes: s, progress: p, profiles: o.profiles}
	if err := b.run(ctx); err != nil {
		return nil, because(ctx, err)
	}
	return &report{
		Date: time.Now().UTC().Truncate(time.Second), Command: commandLine(), Machine: b.machine, Figures: b.figures, CPU: b.cpu,
	}, nil
}

// because puts the reason for which ctx has ended in the place of what failed for it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// benchmark is what the parts share and add to.
type benchmark struct {
	stack    *stack
	sizes    sizes
	progress *progress
	profiles string // the folder for profiles; empty for none

	clock *watchClock
	api   *apiLimit
	sql   *sqlLimit

	waves       int // how often names were made
	fleet       []string
	fleetBounds []*bounds

	machine machine
	figures []*figure
	cpu     []*cpuUse
}

// run measures one thing after the other. The order matters where one leaves Tenants for the next.
func (b *benchmark) run(ctx context.Context) error {
	var err error
	if b.machine, err = describeMachine(ctx, b.stack); err != nil {
		return err
	}
	if b.clock, err = startWatchClock(ctx, b.stack.client); err != nil {
		return err
	}
	defer b.clock.stop()
	if b.sql, err = newSQLLimit(ctx, b.stack); err != nil {
		return err
	}
	defer b.sql.close()
	if err := b.warmUp(ctx); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{
		b.measureDatabase,
		b.measureAlone,
		b.measureBatches,
		b.measureRetention,
		b.createFleet,
		b.measureResync,
		b.measurePages,
		b.deleteFleet,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}
