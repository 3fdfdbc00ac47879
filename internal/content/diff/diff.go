// Package diff compares two texts line by line. What it takes is bounded, whatever the texts are: go-udiff and others compare runs of
// changed lines in one piece as soon as a hundred lines differ, or take a time that is quadratic.
package diff

import (
	"slices"
	"strings"
)

// Kind says in which of the two texts a line is.
type Kind byte

// The kinds of lines.
const (
	Both    Kind = ' '
	Removed Kind = '-'
	Added   Kind = '+'
)

// Line is a line of one of the texts, or of both.
type Line struct {
	Kind Kind
	// Text is the line without its end.
	Text string
	// Before and After are its numbers in the two texts, from 1. 0: it is not in that text.
	Before, After int
}

const (
	// maxLines is how many lines of a text are compared; what follows is compared as one.
	maxLines = 50_000
	// maxDepth is how often a run of lines is divided by lines that occur once.
	maxDepth = 50
)

// maxEdits is how many lines differ at most in a run of lines whose smallest difference is found; the time is at most that number
// times the lines of the run. The lines of a run that differ more are removed and added as a whole.
const maxEdits = 500

// Lines returns the lines of both texts in their order, with those of the first text before those of the second where they
// differ. A text that is empty has no lines.
func Lines(before, after string) []Line {
	d := &comparison{before: split(before), after: split(after)}
	d.compare(span{0, len(d.before), 0, len(d.after)}, maxDepth)
	return d.lines
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.SplitN(text, "\n", maxLines)
}

// comparison collects lines.
type comparison struct {
	before, after []string
	lines         []Line
}

// span is a run of lines of both texts, from the first to before the last.
type span struct{ before, beforeEnd, after, afterEnd int }

func (d *comparison) keep(before, after int) {
	d.lines = append(d.lines, Line{Both, d.before[before], before + 1, after + 1})
}

func (d *comparison) replace(s span) {
	for i := s.before; i < s.beforeEnd; i++ {
		d.lines = append(d.lines, Line{Removed, d.before[i], i + 1, 0})
	}
	for i := s.after; i < s.afterEnd; i++ {
		d.lines = append(d.lines, Line{Added, d.after[i], 0, i + 1})
	}
}

// compare adds the lines of a span. Lines that occur once in both texts divide it: they tell which parts belong together better
// than the smallest difference does, and are found in one pass ("patience diff").
func (d *comparison) compare(s span, depth int) {
	for s.before < s.beforeEnd && s.after < s.afterEnd && d.before[s.before] == d.after[s.after] {
		d.keep(s.before, s.after)
		s.before, s.after = s.before+1, s.after+1
	}
	common := 0
	for s.before < s.beforeEnd-common && s.after < s.afterEnd-common && d.before[s.beforeEnd-1-common] == d.after[s.afterEnd-1-common] {
		common++
	}
	end := s
	s.beforeEnd, s.afterEnd = s.beforeEnd-common, s.afterEnd-common
	d.compareMiddle(s, depth)
	for i := common; i > 0; i-- {
		d.keep(end.beforeEnd-i, end.afterEnd-i)
	}
}

// compareMiddle adds the lines of a span whose texts neither begin nor end with the same line.
func (d *comparison) compareMiddle(s span, depth int) {
	if s.before == s.beforeEnd || s.after == s.afterEnd {
		d.replace(s)
		return
	}
	var anchors []pair
	if depth > 0 {
		anchors = d.anchors(s)
	}
	if len(anchors) == 0 {
		d.smallest(s)
		return
	}
	for _, a := range anchors {
		d.compare(span{s.before, a.before, s.after, a.after}, depth-1)
		d.keep(a.before, a.after)
		s.before, s.after = a.before+1, a.after+1
	}
	d.compare(s, depth-1)
}

// pair is a line of both texts.
type pair struct{ before, after int }

// anchors returns the most lines that occur once in both texts of a span, in the same order.
func (d *comparison) anchors(s span) []pair {
	type occurrence struct{ beforeCount, afterCount, before, after int }
	seen := make(map[string]*occurrence, s.beforeEnd-s.before)
	for i := s.before; i < s.beforeEnd; i++ {
		o := seen[d.before[i]]
		if o == nil {
			o = &occurrence{}
			seen[d.before[i]] = o
		}
		o.beforeCount, o.before = o.beforeCount+1, i
	}
	for i := s.after; i < s.afterEnd; i++ {
		if o := seen[d.after[i]]; o != nil {
			o.afterCount, o.after = o.afterCount+1, i
		}
	}
	var unique []pair
	for i := s.before; i < s.beforeEnd; i++ {
		if o := seen[d.before[i]]; o.beforeCount == 1 && o.afterCount == 1 {
			unique = append(unique, pair{i, o.after})
		}
	}
	return longestIncreasing(unique)
}

// longestIncreasing returns the most pairs whose second numbers increase as their first ones do.
func longestIncreasing(pairs []pair) []pair {
	var piles []int // of each pile, the index of the pair on top
	previous := make([]int, len(pairs))
	for i, p := range pairs {
		pile, _ := slices.BinarySearchFunc(piles, p.after, func(top, after int) int { return pairs[top].after - after })
		if previous[i] = -1; pile > 0 {
			previous[i] = piles[pile-1]
		}
		if pile == len(piles) {
			piles = append(piles, i)
		} else {
			piles[pile] = i
		}
	}
	longest := make([]pair, len(piles))
	if len(piles) > 0 {
		for i, at := len(piles)-1, piles[len(piles)-1]; i >= 0; i, at = i-1, previous[at] {
			longest[i] = pairs[at]
		}
	}
	return longest
}
