package main

import (
	"fmt"
	"iter"
	"time"
)

// figure is one thing that was measured, with what bounds it.
type figure struct {
	What string `json:"what"`
	Unit string `json:"unit"`
	// Value is the median of the rounds, unless it is taken over all rounds together.
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds,omitempty"`
	Limits []limit   `json:"limits,omitempty"`
	Aims   []aim     `json:"aims,omitempty"`
}

// limit is what the machine does where only the necessary is done.
type limit struct {
	What   string    `json:"what"`
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds,omitempty"`
	// Ratio is the median of the figure's rounds, each divided by the limit's round beside it.
	Ratio float64 `json:"ratio"`
}

// aim is what the figure or its ratio to its first limit should be.
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

// beside adds a limit whose rounds were taken in turn with the figure's.
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

// rounds yields the numbers of rounds. On a machine that is busy with something else there are fewer, so that all parts
// come to their turn.
func (b *benchmark) rounds() iter.Seq[int] {
	return func(yield func(int) bool) {
		for round, start := 0, time.Now(); round < b.sizes.rounds; round++ {
			if round > 0 && time.Since(start) > b.sizes.timeout/8 {
				b.progress.say("  %d rounds are all that there is time for", round)
				return
			}
			if !yield(round) {
				return
			}
		}
	}
}

// inTurn runs the jobs one after the other, and begins each round with another one, so that none always comes when the
// machine is busy with what another has left behind.
func inTurn(round int, jobs ...func() error) error {
	for i := range jobs {
		if err := jobs[(i+round)%len(jobs)](); err != nil {
			return err
		}
	}
	return nil
}
