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
	differences
	// Changed says that the post was changed after the page was opened.
	Changed bool
	// ReadOnly says why the blog cannot be changed. Empty: it can.
	ReadOnly string
}

// differences are those between two documents, which are named for people.
type differences struct {
	Before, Now string
	Fields      []fieldChange
	Lines       []diffLine
	// Cut says that there are more.
	Cut bool
}

// Same reports whether there is none.
func (d *differences) Same() bool { return len(d.Fields) == 0 && len(d.Lines) == 0 }

// fieldChange is a field that differs.
type fieldChange struct{ Label, Before, Now string }

// diffLine is a line of one of the texts, or of both. Skipped is a number of lines that are the same, instead of a line.
type diffLine struct {
	diff.Line
	Skipped int
}

// Removed reports whether the line is in the first document alone.
func (l diffLine) Removed() bool { return l.Kind == diff.Removed }

// Added reports whether the line is in the second document alone.
func (l diffLine) Added() bool { return l.Kind == diff.Added }

// compare sets the differences of what revisions have.
func (d *differences) compare(before, now *post.Document) {
	d.compareFields(
		fieldChange{"Title", before.Title, now.Title}, fieldChange{"Author", before.Author, now.Author},
		fieldChange{"Tags", strings.Join(before.Tags, ", "), strings.Join(now.Tags, ", ")}, fieldChange{"Excerpt", before.Excerpt, now.Excerpt},
		fieldChange{"Description", before.Description, now.Description}, fieldChange{"First published at", before.CanonicalURL, now.CanonicalURL},
		fieldChange{"Cover", before.Cover, now.Cover}, fieldChange{"Description of the cover", before.CoverAlt, now.CoverAlt},
		fieldChange{"Language", before.Language, now.Language}, fieldChange{"Link", before.Link, now.Link},
	)
	d.Lines, d.Cut = changedLines(diff.Lines(before.Content, now.Content))
}

// compareFields adds the fields that differ.
func (d *differences) compareFields(fields ...fieldChange) {
	for _, field := range fields {
		if field.Before != field.Now {
			d.Fields = append(d.Fields, field)
		}
	}
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
