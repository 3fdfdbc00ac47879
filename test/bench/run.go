package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/test/bench/report"
)

// options are those of the command line.
type options struct {
	tenants, rounds          int
	state, logs              string
	markdown, json, profiles string
	// series are the sizes of the series. Empty: the default.
	series []int
	// onlySeries leaves out everything but the series.
	onlySeries bool
}

// sizes are the sizes of the measurements.
type sizes struct {
	// rounds is the number of rounds of each figure, in alternation with its limits.
	rounds int
	// alone is the number of Tenants that are created one by one in each round.
	alone int
	// batch is the number of Tenants that are created concurrently in each round. fleet is the number of those that remain
	// for the other measurements.
	batch, fleet int
	// hosts is the number of hosts of the smaller page benchmark; the larger one has the whole fleet.
	hosts int
	// pages is the duration of one round of page requests.
	pages time.Duration
	// series are the numbers of existing Tenants at which the cost of further ones is measured, in ascending order.
	series []int
	// timeout bounds all measurements but the series, and seriesTimeout the series.
	timeout, seriesTimeout time.Duration
}

var (
	full    = sizes{rounds: 5, alone: 20, batch: 200, fleet: 1000, hosts: 50, pages: 2 * time.Second, series: []int{0, 1000, 5000, 10000}, timeout: 20 * time.Minute, seriesTimeout: time.Hour}
	smaller = sizes{rounds: 2, alone: 10, batch: 60, fleet: 150, hosts: 50, pages: time.Second, series: []int{0, 200}, timeout: 5 * time.Minute, seriesTimeout: 6 * time.Minute}
)

// stopTimeout bounds the stop of each program. An API server takes long on a busy machine.
const stopTimeout = 30 * time.Second

// runBenchmark measures, cleans up, and writes the report.
func runBenchmark(ctx context.Context, o options, s sizes) error {
	p := newProgress(os.Stderr)
	found, err := findPrograms(ctx, p)
	if err != nil {
		return err
	}
	defer os.RemoveAll(found.own)
	measurements := []func(context.Context, options, sizes, programs, *progress) (*report.Report, error){measure, measureSeries}
	if o.onlySeries {
		measurements = measurements[1:]
	}
	var (
		all      report.Report
		failures []error
	)
	for _, measure := range measurements {
		r, err := measure(ctx, o, s, found, p)
		failures = append(failures, err)
		if r == nil {
			break
		}
		all.Append(*r)
	}
	if len(all.Figures) > 0 {
		p.say("Done")
		failures = append(failures, all.Publish(os.Stdout, o.json, o.markdown))
	}
	return errors.Join(failures...)
}

// measure starts everything, measures, stops everything and removes all data. If it returns a report, its error is one of
// the cleanup.
func measure(ctx context.Context, o options, s sizes, programs programs, p *progress) (r *report.Report, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("it takes longer than %s on this machine: use --quick, or an idle machine", s.timeout))
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
	return b.report(), nil
}

// report returns all results.
func (b *benchmark) report() *report.Report {
	return &report.Report{
		Date: time.Now().UTC().Truncate(time.Second), Command: commandLine(), Machine: b.machine, Figures: b.figures, CPU: b.cpu, Processes: parts,
	}
}

// commandLine returns the command line of this program.
func commandLine() string {
	return strings.Join(append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...), " ")
}

// because replaces an error that the end of ctx has caused by the cause of that end.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// benchmark is the state that all measurements share.
type benchmark struct {
	stack    *stack
	sizes    sizes
	progress *progress
	profiles string // the folder for profiles; empty for none

	clock *watchClock
	api   *apiLimit
	sql   *sqlLimit

	waves       int // the number of calls of names
	fleet       []string
	fleetBounds []*bounds

	machine report.Machine
	figures []*report.Figure
	cpu     []*report.CPU
}

// begin prepares all measurements.
func (b *benchmark) begin(ctx context.Context) error {
	var err error
	if b.machine, err = describeMachine(ctx, b.stack); err != nil {
		return err
	}
	if b.clock, err = startWatchClock(ctx, b.stack.client); err != nil {
		return err
	}
	if b.sql, err = newSQLLimit(ctx, b.stack); err != nil {
		return err
	}
	return b.warmUp(ctx)
}

// end releases what begin has acquired, also if that failed.
func (b *benchmark) end() {
	if b.clock != nil {
		b.clock.stop()
	}
	if b.sql != nil {
		b.sql.close()
	}
}

// run makes all measurements but the series. Their order matters, because some use the Tenants of an earlier one.
func (b *benchmark) run(ctx context.Context) error {
	defer b.end()
	if err := b.begin(ctx); err != nil {
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
		b.measureFlood,
		b.deleteFleet,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}
