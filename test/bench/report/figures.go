package report

import (
	"fmt"
)

// Figure is a measured value, with its limits.
type Figure struct {
	What string `json:"what"`
	Unit string `json:"unit"`
	// Value is the median of the rounds, unless it is computed over all rounds.
	Value   float64   `json:"value"`
	Rounds  []float64 `json:"rounds,omitempty"`
	Limits  []Limit   `json:"limits,omitempty"`
	Targets []Target  `json:"targets,omitempty"`
}

// Limit is what the machine achieves when it does only what is necessary.
type Limit struct {
	What   string    `json:"what"`
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds,omitempty"`
	// Ratio is the median of the figure's rounds, each divided by the adjacent round of the limit.
	Ratio float64 `json:"ratio"`
}

// Target is a bound on the figure, or on its ratio to its first limit.
type Target struct {
	What string `json:"what"`
	Met  bool   `json:"met"`
}

// NewFigure returns a figure with a value for each round.
func NewFigure(what, unit string, rounds ...float64) *Figure {
	return &Figure{What: what, Unit: unit, Value: median(rounds), Rounds: rounds}
}

// WithLimit adds a limit whose rounds alternated with those of the figure.
func (f *Figure) WithLimit(what string, rounds []float64) *Figure {
	f.Limits = append(f.Limits, Limit{What: what, Value: median(rounds), Rounds: rounds, Ratio: median(ratios(f.Rounds, rounds))})
	return f
}

// AtMost adds an upper bound on the figure.
func (f *Figure) AtMost(bound float64) *Figure {
	return f.target("≤ "+number(bound, f.Unit), f.Value <= bound)
}

// AtLeast adds a lower bound on the figure.
func (f *Figure) AtLeast(bound float64) *Figure {
	return f.target("≥ "+number(bound, f.Unit), f.Value >= bound)
}

// RatioAtMost adds an upper bound on the ratio to the limit that was added last.
func (f *Figure) RatioAtMost(bound float64) *Figure {
	return f.target(fmt.Sprintf("ratio ≤ %g", bound), f.Limits[len(f.Limits)-1].Ratio <= bound)
}

// RatioAtLeast adds a lower bound on the ratio to the limit that was added last.
func (f *Figure) RatioAtLeast(bound float64) *Figure {
	return f.target(fmt.Sprintf("ratio ≥ %g", bound), f.Limits[len(f.Limits)-1].Ratio >= bound)
}

func (f *Figure) target(what string, met bool) *Figure {
	f.Targets = append(f.Targets, Target{what, met})
	return f
}
