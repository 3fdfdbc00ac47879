package report

import (
	"math"
	"slices"
	"time"
)

// median returns the middle value, or the mean of the two middle values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	switch n := len(sorted); {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	default:
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
}

// Quantile returns the smallest duration that at least the fraction q of them do not exceed, in milliseconds.
func Quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(times))
	return Milliseconds(sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)])
}

// ratios divides the rounds of one series by the adjacent rounds of another. Anything that slows the machine for a while slows
// both.
func ratios(a, b []float64) []float64 {
	divided := make([]float64, min(len(a), len(b)))
	for i := range divided {
		divided[i] = a[i] / b[i]
	}
	return divided
}

// Milliseconds converts a duration.
func Milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
