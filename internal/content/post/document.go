package post

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/echoblogs/echoblogs/internal/content/field"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// Document is a post as its author writes it. Every field is in the front matter of an export, in revisions and in pending
// changes, where a field without a value is left out.
type Document struct {
	// Title is plain text of at most MaxTitleLength characters. Empty: the post is a note.
	Title string `json:"title,omitempty"`
	// Slug is the last part of the post's address, /<slug>/. Save derives it from the title if it is empty, or else from the
	// date and the time.
	Slug string `json:"slug,omitempty"`
	// OldSlugs are slugs that redirect to the post, at most MaxOldSlugs. Save adds them to those of the stored post, which
	// redirect permanently.
	OldSlugs []string `json:"old_slugs,omitempty"`
	// Author is plain text. Empty: the page shows no author.
	Author string `json:"author,omitempty"`
	// Content is GitHub-flavored Markdown, without the title.
	Content string `json:"content,omitempty"`
	// Date is when the post is published, in the past or in the future; a draft keeps it until then. The zero time keeps
	// the date of the stored post. A post that has none is published now.
	Date time.Time `json:"date,omitzero"`
	// Draft hides the post from readers.
	Draft bool `json:"draft,omitempty"`
	// Unlisted shows the post to readers who know its address, from its date on. No list, feed or sitemap has it. A draft keeps
	// it until it is published.
	Unlisted bool `json:"unlisted,omitempty"`
	// Tags are at most MaxTags lines of at most MaxTagLength characters, as they are shown. Those that differ in case only are
	// the same.
	Tags []string `json:"tags,omitempty"`
	// Excerpt is plain text that lists show instead of the beginning of the content.
	Excerpt string `json:"excerpt,omitempty"`
	// Description is plain text for search engines and previews of links. Empty: what lists show.
	Description string `json:"description,omitempty"`
	// CanonicalURL is where the post was published first. Empty: here.
	CanonicalURL string `json:"canonical_url,omitempty"`
	// Cover is the address of an image: over https, or a path of the blog. CoverAlt says what it shows.
	Cover    string `json:"cover,omitempty"`
	CoverAlt string `json:"cover_alt,omitempty"`
	// Language is the BCP 47 tag of the content. Empty: found by its script.
	Language string `json:"language,omitempty"`
	// Link is the address that a link post is about. Empty: the one that the first paragraph starts with, if it does.
	Link string `json:"link,omitempty"`
	// Page makes the post a page: it is not in lists and feeds, but in the navigation, ordered by Position.
	Page     bool `json:"page,omitempty"`
	Position int  `json:"position,omitempty"`
	// Pinned shows the post before all others on the first page. A page is not pinned.
	Pinned bool `json:"pinned,omitempty"`
}

// InvalidError explains to an author why a post cannot be saved.
type InvalidError struct {
	// Sentence says what is wrong and what to do.
	Sentence string
	// Field is the invalid field, by its name in JSON. Empty: the post as a whole.
	Field string
}

func (e *InvalidError) Error() string { return e.Sentence }

func invalid(name, format string, args ...any) error {
	return &InvalidError{Sentence: fmt.Sprintf(format, args...), Field: name}
}

// Normalize removes superfluous white space, control characters of what is shown on one line, what PostgreSQL cannot store of
// the date, and what has no meaning for the kind of post. It derives the slug from the title if it is empty.
func (d *Document) Normalize() {
	for _, text := range []*string{&d.Title, &d.Author, &d.Excerpt, &d.Description, &d.CoverAlt} {
		*text = field.Line(*text)
	}
	if !naming.IsVisible(d.Title) {
		d.Title = ""
	}
	for _, address := range []*string{&d.CanonicalURL, &d.Cover, &d.Link, &d.Language} {
		*address = strings.TrimSpace(*address)
	}
	d.Slug = normalizeSlug(strings.TrimSpace(d.Slug))
	if d.Slug == "" && d.Title != "" {
		d.Slug = Slug(d.Title)
	}
	d.OldSlugs = normalizeOldSlugs(d.OldSlugs, d.Slug)
	d.Tags = normalizeTags(d.Tags)
	d.Content = strings.Trim(field.Lines(d.Content), "\n")
	d.Date = d.Date.Truncate(time.Microsecond) // the precision of timestamptz (PostgreSQL manual, section 8.5)
	d.Pinned = d.Pinned && !d.Page
	if !d.Page {
		d.Position = 0
	}
}

// normalizeOldSlugs removes what is empty, repeated, or the slug itself.
func normalizeOldSlugs(slugs []string, slug string) []string {
	var normal []string
	for _, old := range slugs {
		old = normalizeSlug(strings.TrimSpace(old))
		if old != "" && old != slug && !slices.Contains(normal, old) {
			normal = append(normal, old)
		}
	}
	return normal
}

// normalizeTags removes what is empty or repeated, and the number signs that tags begin with elsewhere.
func normalizeTags(tags []string) []string {
	var normal []string
	for _, tag := range tags {
		tag = norm.NFC.String(field.Line(strings.TrimLeft(field.Line(tag), "# ")))
		same := func(other string) bool { return strings.EqualFold(tag, other) }
		if naming.IsVisible(tag) && !slices.ContainsFunc(normal, same) {
			normal = append(normal, tag)
		}
	}
	return normal
}

// WithWordsOf returns the document with everything that another one says, at its own address and date, and for the same readers.
func (d *Document) WithWordsOf(words Document) Document {
	words.Slug, words.OldSlugs, words.Date, words.Draft, words.Unlisted = d.Slug, d.OldSlugs, d.Date, d.Draft, d.Unlisted
	words.Page, words.Position, words.Pinned = d.Page, d.Position, d.Pinned
	return words
}

// equal reports whether two normalized documents are the same, apart from their dates.
func (d *Document) equal(other Document) bool {
	other.Date = d.Date
	return reflect.DeepEqual(*d, other)
}
