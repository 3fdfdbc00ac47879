// Package transfer converts posts to and from Markdown files with front matter, and exports a blog as an archive of them.
package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
)

// maxFrontMatterBytes bounds the work of the YAML parser.
const maxFrontMatterBytes = 16 << 10

// MaxFileBytes is the maximum size of a file that Parse reads.
const MaxFileBytes = post.MaxContentBytes + maxFrontMatterBytes

// Parse reads a Markdown file. The file can start with front matter: YAML between two lines of three hyphens, with the
// keys title, slug, author, date, published and draft. Other keys are ignored, so that files written for other blogs can
// be used. If the front matter has no title, the first line has to be a first-level heading. Errors are
// *post.InvalidError.
func Parse(file []byte) (post.Document, error) {
	if len(file) > MaxFileBytes {
		return post.Document{}, invalid("The file has %d bytes; the maximum for a post is %d. Split it into two posts.", len(file), post.MaxContentBytes)
	}
	if !utf8.Valid(file) {
		return post.Document{}, invalid("The file is not UTF-8 text. Save it with that encoding.")
	}
	text := strings.TrimPrefix(string(file), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	document, text, err := parseFrontMatter(text)
	if err != nil {
		return post.Document{}, err
	}
	heading, rest := cutHeading(text)
	if document.Title == "" {
		document.Title = heading
	}
	// The page shows the title itself.
	if heading != "" && heading == document.Title {
		text = rest
	}
	document.Content = strings.Trim(text, "\n")
	if document.Title == "" {
		return post.Document{}, invalid("The post has no title. Start the file with a line such as \"# My title\", or with front matter that has a title.")
	}
	if document.Slug == "" {
		document.Slug = post.Slug(document.Title)
	}
	return document, document.Check()
}

func invalid(format string, args ...any) error {
	return &post.InvalidError{Sentence: fmt.Sprintf(format, args...)}
}

// frontMatter holds the keys of front matter that Parse reads.
type frontMatter struct {
	Title     string `yaml:"title"`
	Slug      string `yaml:"slug"`
	Author    string `yaml:"author"`
	Date      string `yaml:"date"`
	Published *bool  `yaml:"published"`
	Draft     bool   `yaml:"draft"`
}

// parseFrontMatter returns the fields of the front matter, and the text after it.
func parseFrontMatter(text string) (post.Document, string, error) {
	head, rest, found, err := cutFrontMatter(text)
	if err != nil || !found {
		return post.Document{}, text, err
	}
	var fields frontMatter
	err = yaml.NewDecoder(bytes.NewReader([]byte(head))).Decode(&fields)
	if err != nil && !errors.Is(err, io.EOF) {
		return post.Document{}, "", invalid("The front matter cannot be read: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	document := post.Document{
		Title:  strings.TrimSpace(fields.Title),
		Slug:   strings.TrimSpace(fields.Slug),
		Author: strings.TrimSpace(fields.Author),
		Draft:  fields.Draft || fields.Published != nil && !*fields.Published,
	}
	if fields.Date != "" {
		if document.Date, err = parseDate(fields.Date); err != nil {
			return post.Document{}, "", err
		}
	}
	return document, rest, nil
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

// dateLayouts are the accepted formats of a date. Those without a time zone are in UTC.
var dateLayouts = []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

func parseDate(s string) (time.Time, error) {
	for _, layout := range dateLayouts {
		if date, err := time.Parse(layout, s); err == nil {
			return date.UTC(), nil
		}
	}
	return time.Time{}, invalid("The date %q cannot be read. Write it as 2026-11-23 or 2026-11-23T09:30:00Z.", s)
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
