package diff

import "slices"

// smallest adds the lines of a span with the fewest removed and added ones (E. Myers, An O(ND) Difference Algorithm and Its
// Variations, 1986), unless more than maxEdits are.
func (d *comparison) smallest(s span) {
	// furthest[edits][k+edits] is the furthest line of the first text, relative to the span, that is reached with so many edits on
	// the diagonal k: where that line's number, less that of the second text's line, is k.
	var furthest [][]int32
	n, m := s.beforeEnd-s.before, s.afterEnd-s.after
	for edits := 0; edits <= min(maxEdits, n+m); edits++ {
		row := make([]int32, 2*edits+1)
		for k := -edits; k <= edits; k += 2 {
			x := start(furthest, edits, k)
			for y := x - k; x < n && y >= 0 && y < m && d.before[s.before+x] == d.after[s.after+y]; y++ {
				x++
			}
			row[k+edits] = int32(x)
			if x >= n && x-k >= m {
				d.walk(s, append(furthest, row), k)
				return
			}
		}
		furthest = append(furthest, row)
	}
	d.replace(s)
}

// start returns the line of the first text where a diagonal begins after one more edit: a line that is added leads there from the
// diagonal above, and one that is removed from the diagonal below.
func start(furthest [][]int32, edits, k int) int {
	if edits == 0 {
		return 0
	}
	if added(furthest, edits, k) {
		return int(furthest[edits-1][k+1+edits-1])
	}
	return int(furthest[edits-1][k-1+edits-1]) + 1
}

// added reports whether the best way to a diagonal is to add a line.
func added(furthest [][]int32, edits, k int) bool {
	last := furthest[edits-1]
	return k == -edits || k != edits && last[k-1+edits-1] < last[k+1+edits-1]
}

// walk adds the lines on the way to the end of a span, which ends on the diagonal k.
func (d *comparison) walk(s span, furthest [][]int32, k int) {
	var way []Line
	x := s.beforeEnd - s.before
	for edits := len(furthest) - 1; ; edits-- {
		begin := start(furthest, edits, k)
		for ; x > begin; x-- {
			before, after := s.before+x-1, s.after+x-1-k
			way = append(way, Line{Both, d.before[before], before + 1, after + 1})
		}
		switch {
		case edits == 0:
			slices.Reverse(way)
			d.lines = append(d.lines, way...)
			return
		case added(furthest, edits, k):
			after := s.after + x - k - 1
			way = append(way, Line{Added, d.after[after], 0, after + 1})
			k++
		default:
			before := s.before + x - 1
			way = append(way, Line{Removed, d.before[before], before + 1, 0})
			x--
			k--
		}
	}
}
