package main

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/echoblogs/echoblogs/test/bench/report"
)

// job does one piece of work for one name. Clients are numbered from 0.
type job func(ctx context.Context, client int, name string) error

// atOnce runs a job for every name with a number of concurrent clients, and returns the time from the first start to the
// last end.
func atOnce(ctx context.Context, clients int, names []string, do job) (time.Duration, error) {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for client := range clients {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(names)); i = next.Add(1) - 1 {
				if err := do(ctx, client, names[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(start), err
}

// oneByOne runs a job for one name after the other, and returns the duration of each.
func oneByOne(ctx context.Context, names []string, do job) ([]time.Duration, error) {
	times := make([]time.Duration, len(names))
	for i, name := range names {
		start := time.Now()
		if err := do(ctx, 0, name); err != nil {
			return nil, err
		}
		times[i] = time.Since(start)
	}
	return times, nil
}

// names returns names that no earlier call has returned, because a released name is on hold for a minute.
func (b *benchmark) names(prefix string, count int) []string {
	b.waves++
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%02d-%05d", prefix, b.waves, i)
	}
	return list
}

// perSecond returns a rate.
func perSecond(count int, took time.Duration) float64 { return float64(count) / took.Seconds() }

// add adds a figure to the report.
func (b *benchmark) add(what, unit string, rounds ...float64) *report.Figure {
	f := report.NewFigure(what, unit, rounds...)
	b.figures = append(b.figures, f)
	return f
}

// rounds yields the numbers of rounds: fewer on a slow machine, so that all parts are measured within the timeout.
func (b *benchmark) rounds() iter.Seq[int] {
	return func(yield func(int) bool) {
		for round, start := 0, time.Now(); round < b.sizes.rounds; round++ {
			if round > 0 && time.Since(start) > b.sizes.timeout/8 {
				b.progress.say("  Only %d rounds fit into the time", round)
				return
			}
			if !yield(round) {
				return
			}
		}
	}
}

// inTurn runs the jobs one after the other, and starts each round with another one, so that no job always runs while the
// machine is still busy with the same other job.
func inTurn(round int, jobs ...func() error) error {
	for i := range jobs {
		if err := jobs[(i+round)%len(jobs)](); err != nil {
			return err
		}
	}
	return nil
}
