package main

import (
	"fmt"
	"iter"
	"time"
)

// figure is a measured value, with its limits.
type figure struct {
	What string `json:"what"`
	Unit string `json:"unit"`
	// Value is the median of the rounds, unless it is computed over all rounds.
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds,omitempty"`
	Limits []limit   `json:"limits,omitempty"`
	Aims   []aim     `json:"aims,omitempty"`
}

// limit is what the machine achieves when it does only what is necessary.
type limit struct {
	What   string    `json:"what"`
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds,omitempty"`
	// Ratio is the median of the figure's rounds, each divided by the adjacent round of the limit.
	Ratio float64 `json:"ratio"`
}

// aim is a bound on the figure, or on its ratio to its first limit.
type aim struct {
	What string `json:"what"`
	Met  bool   `json:"met"`
}

// add starts a figure with a value for each round.
func (b *benchmark) add(what, unit string, rounds ...float64) *figure {
	f := &figure{What: what, Unit: unit, Value: median(rounds), Rounds: rounds}
	b.figures = append(b.figures, f)
	return f
}

// beside adds a limit whose rounds alternated with those of the figure.
func (f *figure) beside(what string, rounds []float64) *figure {
	f.Limits = append(f.Limits, limit{What: what, Value: median(rounds), Rounds: rounds, Ratio: median(ratios(f.Rounds, rounds))})
	return f
}

func (f *figure) atMost(bound float64) *figure {
	return f.aim("≤ "+number(bound, f.Unit), f.Value <= bound)
}

func (f *figure) atLeast(bound float64) *figure {
	return f.aim("≥ "+number(bound, f.Unit), f.Value >= bound)
}

// ratioAtMost and ratioAtLeast bound the ratio to the limit that was added last.
func (f *figure) ratioAtMost(bound float64) *figure {
	return f.aim(fmt.Sprintf("ratio ≤ %g", bound), f.Limits[len(f.Limits)-1].Ratio <= bound)
}

func (f *figure) ratioAtLeast(bound float64) *figure {
	return f.aim(fmt.Sprintf("ratio ≥ %g", bound), f.Limits[len(f.Limits)-1].Ratio >= bound)
}

func (f *figure) aim(what string, met bool) *figure {
	f.Aims = append(f.Aims, aim{what, met})
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
// machine is busy with the aftermath of the same other job.
func inTurn(round int, jobs ...func() error) error {
	for i := range jobs {
		if err := jobs[(i+round)%len(jobs)](); err != nil {
			return err
		}
	}
	return nil
}
