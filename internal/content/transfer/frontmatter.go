// Package transfer converts posts to and from Markdown files with front matter, and exports a blog as an archive of them.
package transfer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/content/field"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
)

// maxFrontMatterBytes bounds the work of the YAML parser. The longest values of all fields take half of it, if each character is
// written as an escape sequence.
const maxFrontMatterBytes = 128 << 10

// MaxFileBytes is the maximum size of a file that Parse reads.
const MaxFileBytes = post.MaxContentBytes + maxFrontMatterBytes

// Parse reads a Markdown file. The file can start with front matter: YAML between two lines of three hyphens, with the
// keys of the fields of a post, or published. Other keys are ignored, so that files written for other blogs can be used. Without a
// title in the front matter, it is the first-level heading in the first line. A file without a title is a note, which needs a
// slug or a date; an empty title in quotation marks says that there is none. Errors are *post.InvalidError.
func Parse(file []byte) (post.Document, error) {
	if len(file) > MaxFileBytes {
		return post.Document{}, invalid("The file has %d bytes; the maximum for a post is %d. Split it into two posts.", len(file), post.MaxContentBytes)
	}
	if !utf8.Valid(file) {
		return post.Document{}, invalid("The file is not UTF-8 text. Save it with that encoding.")
	}
	text := field.Lines(string(file))
	document, text, untitled, err := parseFrontMatter(text)
	if err != nil {
		return post.Document{}, err
	}
	heading, rest := cutHeading(text)
	if document.Title == "" && !untitled {
		document.Title = heading
	}
	// The page shows the title itself.
	if heading != "" && heading == document.Title {
		text = rest
	}
	document.Content = strings.Trim(text, "\n")
	switch {
	case document.Slug != "":
	case document.Title != "":
		document.Slug = post.Slug(document.Title)
	case document.Date.IsZero():
		return post.Document{}, invalid("The post has no title. Start the file with a line such as \"# My title\", or with front matter that has a title. A note without a title needs a slug or a date there.")
	}
	return document, document.Check()
}

func invalid(format string, args ...any) error {
	return &post.InvalidError{Sentence: fmt.Sprintf(format, args...)}
}

// parseFrontMatter returns the fields of the front matter, and the text after it. untitled says that the title is an empty text.
func parseFrontMatter(text string) (document post.Document, rest string, untitled bool, err error) {
	head, rest, found, err := cutFrontMatter(text)
	if err != nil || !found {
		return post.Document{}, text, false, err
	}
	fields, err := readFields(head)
	if err != nil {
		return post.Document{}, "", false, err
	}
	document = post.Document{
		Title: fields.text("title"), Slug: fields.text("slug"), OldSlugs: fields.list("old_slugs"), Author: fields.text("author"),
		Draft: fields.isTrue("draft", false) || !fields.isTrue("published", true), Unlisted: fields.isTrue("unlisted", false),
		Tags: fields.list("tags"), Excerpt: fields.text("excerpt"), Description: fields.text("description"),
		CanonicalURL: fields.text("canonical_url"), Cover: fields.text("cover"), CoverAlt: fields.text("cover_alt"),
		Language: fields.text("language"), Link: fields.text("link"),
		Page: fields.isTrue("page", false), Position: fields.number("position"), Pinned: fields.isTrue("pinned", false),
	}
	if date := fields.text("date"); date != "" && fields.err == nil {
		document.Date, fields.err = parseDate(date)
	}
	return document, rest, fields.isEmptyText("title"), fields.err
}

// cutFrontMatter splits a text that starts with a line of three hyphens at the next such line.
func cutFrontMatter(text string) (head, rest string, found bool, err error) {
	body, found := strings.CutPrefix(text, "---\n")
	if !found {
		return "", text, false, nil
	}
	for end := 0; end < len(body) && end <= maxFrontMatterBytes; {
		line, _, _ := strings.Cut(body[end:], "\n")
		next := min(end+len(line)+1, len(body))
		if strings.TrimRight(line, " \t") == "---" {
			return body[:end], body[next:], true, nil
		}
		end = next
	}
	return "", "", false, invalid("The front matter has no end. Close it with a line of three hyphens.")
}

// cutHeading returns the first-level heading that text starts with, as plain text, and the rest of the text. Without such
// a heading, or with one that cannot be rendered, it returns "" and the whole text.
func cutHeading(text string) (heading, rest string) {
	line, after, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	if !strings.HasPrefix(line, "# ") {
		return "", text
	}
	heading, err := render.PlainText(line)
	if err != nil {
		return "", text
	}
	return heading, after
}
