package post

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/naming"
)

const (
	// MaxTitleLength is the maximum length of a title, in characters: the CHECK constraint of the posts table.
	MaxTitleLength = 255
	// MaxAuthorLength is the maximum length of an author, in characters.
	MaxAuthorLength = 255
	// MaxContentBytes is the maximum size of the content: 1 MiB of Markdown, about 200,000 words.
	MaxContentBytes = 1 << 20
)

// Document is a post as its author writes it.
type Document struct {
	// Title is plain text of 1 to MaxTitleLength characters.
	Title string
	// Slug is the last part of the post's address, /<slug>/. Save derives it from the title if it is empty.
	Slug string
	// Author is plain text. Empty: the page shows no author.
	Author string
	// Content is GitHub-flavored Markdown, without the title.
	Content string
	// Date is when the post is published, in the past or in the future; a draft keeps it until then. The zero time keeps
	// the date of the stored post. A post that has none is published now.
	Date time.Time
	// Draft hides the post from readers.
	Draft bool
}

// InvalidError explains to an author why a post cannot be saved.
type InvalidError struct {
	// Sentence says what is wrong and what to do.
	Sentence string
	// Field is the invalid field: title, slug, author or content. Empty: the post as a whole.
	Field string
}

func (e *InvalidError) Error() string { return e.Sentence }

func invalid(field, format string, args ...any) error {
	return &InvalidError{Sentence: fmt.Sprintf(format, args...), Field: field}
}

// Normalize removes superfluous white space, control characters of title and author, and what PostgreSQL cannot store of the
// date, and derives the slug from the title if it is empty.
func (d *Document) Normalize() {
	d.Title, d.Author = line(d.Title), line(d.Author)
	d.Slug = normalizeSlug(strings.TrimSpace(d.Slug))
	if d.Slug == "" && d.Title != "" {
		d.Slug = Slug(d.Title)
	}
	d.Content = strings.Trim(NormalizeLines(d.Content), "\n")
	d.Date = d.Date.Truncate(time.Microsecond) // the precision of timestamptz (PostgreSQL manual, section 8.5)
}

// line returns text as it is shown on one line.
func line(text string) string {
	return strings.Join(strings.Fields(controls.ReplaceAllString(text, "")), " ")
}

// controls are the control characters that are no white space, those that embed or override a direction (UAX #9), and the byte
// order mark. Others that nobody sees are part of some scripts: word breaks of Khmer, variants of Japanese names.
var controls = regexp.MustCompile(`[\x00-\x08\x0E-\x1F\x7F-\x{84}\x{86}-\x{9F}\x{202A}-\x{202E}\x{FEFF}]`)

// NormalizeLines ends the lines of text with \n, whichever system they come from, and removes the byte order mark that some
// editors begin a file with.
func NormalizeLines(text string) string { return lineEnds.Replace(strings.TrimPrefix(text, "\ufeff")) }

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Check returns an *InvalidError if the document cannot be saved.
func (d *Document) Check() error {
	switch {
	case !naming.IsVisible(d.Title):
		return invalid("title", "Give the post a title.")
	case utf8.RuneCountInString(d.Title) > MaxTitleLength:
		return invalid("title", "The title has %d characters; the maximum is %d. Shorten it.", utf8.RuneCountInString(d.Title), MaxTitleLength)
	case utf8.RuneCountInString(d.Author) > MaxAuthorLength:
		return invalid("author", "The author has %d characters; the maximum is %d. Shorten it.", utf8.RuneCountInString(d.Author), MaxAuthorLength)
	case len(d.Content) > MaxContentBytes:
		return invalid("content", "The content has %d bytes; the maximum is %d. Split it into two posts.", len(d.Content), MaxContentBytes)
	case strings.ContainsRune(d.Title+d.Author+d.Content, 0):
		return invalid("", "The post contains a NUL character. Remove it.")
	case !utf8.ValidString(d.Title + d.Author + d.Content):
		return invalid("", "The post is not valid UTF-8 text. Save it in that encoding.")
	}
	return checkSlug(d.Slug)
}
