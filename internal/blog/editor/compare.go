package editor

import (
	"strings"

	"github.com/echoblogs/echoblogs/internal/content/diff"
	"github.com/echoblogs/echoblogs/internal/content/post"
)

const (
	// contextLines is how many lines around a change are shown, and maxDiffLines how many lines in all.
	contextLines, maxDiffLines = 3, 2000
)

// revisionView is the data of the page that compares a revision with the present text.
type revisionView struct {
	// Name names the post, EditPath is where it is edited, and When is when the revision was saved, for people.
	Name, EditPath, When string
	// ID and Revision identify the version of the post that it is compared with, and At the revision.
	ID, Revision, At int64
	// Fields and Lines are the differences.
	Fields []fieldChange
	Lines  []diffLine
	// Cut says that there are more.
	Cut bool
	// Changed says that the post was changed after the page was opened.
	Changed bool
	// ReadOnly says why the blog cannot be changed. Empty: it can.
	ReadOnly string
}

// Same reports whether restoring the revision would change nothing.
func (v *revisionView) Same() bool { return len(v.Fields) == 0 && len(v.Lines) == 0 }

// fieldChange is a field that differs.
type fieldChange struct{ Label, Before, Now string }

// diffLine is a line of one of the texts, or of both. Skipped is a number of lines that are the same, instead of a line.
type diffLine struct {
	diff.Line
	Skipped int
}

// Removed reports whether the line is in the revision alone.
func (l diffLine) Removed() bool { return l.Kind == diff.Removed }

// Added reports whether the line is in the present text alone.
func (l diffLine) Added() bool { return l.Kind == diff.Added }

// compare sets the differences.
func (v *revisionView) compare(revision, latest *post.Document) {
	for _, field := range []struct {
		label       string
		before, now string
	}{
		{"Title", revision.Title, latest.Title}, {"Author", revision.Author, latest.Author},
		{"Tags", strings.Join(revision.Tags, ", "), strings.Join(latest.Tags, ", ")}, {"Excerpt", revision.Excerpt, latest.Excerpt},
		{"Description", revision.Description, latest.Description}, {"First published at", revision.CanonicalURL, latest.CanonicalURL},
		{"Cover", revision.Cover, latest.Cover}, {"Description of the cover", revision.CoverAlt, latest.CoverAlt},
		{"Language", revision.Language, latest.Language}, {"Link", revision.Link, latest.Link},
	} {
		if field.before != field.now {
			v.Fields = append(v.Fields, fieldChange{field.label, field.before, field.now})
		}
	}
	v.Lines, v.Cut = changedLines(diff.Lines(revision.Content, latest.Content))
}

// changedLines leaves out lines that are the same, unless they are next to others, and cuts what is too long to be read.
func changedLines(lines []diff.Line) (shown []diffLine, cut bool) {
	nextChange := make([]int, len(lines)) // how far away the next change is
	distance := len(lines) + contextLines
	for i := len(lines) - 1; i >= 0; i-- {
		if distance++; lines[i].Kind != diff.Both {
			distance = 0
		}
		nextChange[i] = distance
	}
	skipped, sinceChange := 0, contextLines
	for i, line := range lines {
		if sinceChange++; line.Kind != diff.Both {
			sinceChange = 0
		}
		if min(sinceChange, nextChange[i]) > contextLines {
			skipped++
			continue
		}
		if skipped > 0 {
			shown, skipped = append(shown, diffLine{Skipped: skipped}), 0
		}
		if len(shown) >= maxDiffLines {
			return shown, true
		}
		shown = append(shown, diffLine{Line: line})
	}
	if skipped > 0 && len(shown) > 0 {
		shown = append(shown, diffLine{Skipped: skipped})
	}
	return shown, false
}
