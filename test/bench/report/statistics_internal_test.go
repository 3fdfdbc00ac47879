package report

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{5, 1, 2}, 2},
		{[]float64{4, 1, 2, 3}, 2.5},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing = %v, want NaN", got)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := range 100 {
		times = append(times, time.Duration(100-i)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := Quantile(times, q); got != want {
			t.Errorf("Quantile(1..100 ms, %v) = %v, want %v", q, got, want)
		}
	}
}

// Two rounds at half the speed do not change the ratio.
func TestRatioComparesAdjacentRounds(t *testing.T) {
	t.Parallel()
	f := NewFigure("creations", "/s", 80, 40, 42).WithLimit("limit", []float64{160, 80, 84}).RatioAtLeast(0.5).AtLeast(60)
	if got := ratios(f.Rounds, f.Limits[0].Rounds); !slices.Equal(got, []float64{0.5, 0.5, 0.5}) {
		t.Errorf("the ratios are %v", got)
	}
	if f.Value != 42 || f.Limits[0].Value != 84 || f.Limits[0].Ratio != 0.5 {
		t.Errorf("the figure is %+v", f)
	}
	if want := []Target{{"ratio ≥ 0.5", true}, {"≥ 60/s", false}}; !slices.Equal(f.Targets, want) {
		t.Errorf("the targets are %v, want %v", f.Targets, want)
	}
}
