// Package posts holds what a tenant's blog is made of: it turns a Markdown file into a post, renders it when it is
// written, and reads and writes the posts table of a tenant's schema.
package posts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// MaxTitleLength is the longest title, in characters: the CHECK of the posts table.
	MaxTitleLength = 255
	// MaxAuthorLength is the longest author, in characters.
	MaxAuthorLength = 255
	// MaxContentBytes is the longest content: 1 MiB of Markdown, some 200,000 words.
	MaxContentBytes = 1 << 20
	// maxFrontMatterBytes keeps the YAML parser from work that no post is worth.
	maxFrontMatterBytes = 16 << 10
)

// Document is a post as its author writes it.
type Document struct {
	// Title is plain text of 1 to MaxTitleLength characters.
	Title string
	// Slug is the post's place in the blog, /<slug>/. Empty: made from the title.
	Slug string
	// Author is plain text. Empty: not shown.
	Author string
	// Content is Markdown (GitHub's flavour), without the title.
	Content string
	// Date is when the post was, or is to be, published. The zero time: when it is first saved as published.
	Date time.Time
	// Draft keeps the post from readers.
	Draft bool
}

// InvalidError says why a post cannot be saved, in a sentence for its author.
type InvalidError struct {
	// Sentence says what is wrong and what to do.
	Sentence string
	// Field is what of the post it is about: title, slug, author or content. Empty: the post as a whole.
	Field string
}

func (e *InvalidError) Error() string { return e.Sentence }

func invalid(format string, args ...any) error {
	return &InvalidError{Sentence: fmt.Sprintf(format, args...)}
}

func invalidField(field, format string, args ...any) error {
	return &InvalidError{Sentence: fmt.Sprintf(format, args...), Field: field}
}

// Parse reads a Markdown file. It may begin with front matter: YAML between two lines of three hyphens, with the keys
// title, slug, author, date, published and draft; other keys are left alone, so that files written for other blogs can
// be used. Without a title there, the first line is to be a heading of the first level. Errors are *InvalidError.
func Parse(file []byte) (Document, error) {
	// Front matter is on top of the content's own limit; what is longer is not worth a look.
	if len(file) > MaxContentBytes+maxFrontMatterBytes {
		return Document{}, invalid("The file has %d bytes, and a post may have %d: make two posts of it.", len(file), MaxContentBytes)
	}
	if !utf8.Valid(file) {
		return Document{}, invalid("The file is not UTF-8 text: save it with that encoding.")
	}
	text := strings.TrimPrefix(string(file), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	document, text, err := parseFrontMatter(text)
	if err != nil {
		return Document{}, err
	}
	heading, rest := cutHeading(text)
	if document.Title == "" {
		document.Title = heading
	}
	// The page shows the title itself: once is enough.
	if heading != "" && heading == document.Title {
		text = rest
	}
	document.Content = strings.Trim(text, "\n")
	if document.Slug == "" {
		document.Slug = Slug(document.Title)
	}
	return document, document.Check()
}

// Check returns an *InvalidError when the document cannot be saved.
func (d *Document) Check() error {
	switch {
	case strings.TrimSpace(d.Title) == "":
		return invalidField("title", "The post has no title: begin the file with a line such as \"# My title\", or with front matter that has a title.")
	case utf8.RuneCountInString(d.Title) > MaxTitleLength:
		return invalidField("title", "The title has %d characters, and may have %d: shorten it.", utf8.RuneCountInString(d.Title), MaxTitleLength)
	case utf8.RuneCountInString(d.Author) > MaxAuthorLength:
		return invalidField("author", "The author has %d characters, and may have %d: shorten it.", utf8.RuneCountInString(d.Author), MaxAuthorLength)
	case len(d.Content) > MaxContentBytes:
		return invalidField("content", "The content has %d bytes, and may have %d: make two posts of it.", len(d.Content), MaxContentBytes)
	case strings.ContainsRune(d.Title+d.Author+d.Content, 0):
		return invalid("The post contains a NUL character, which no text has: remove it.")
	case !utf8.ValidString(d.Title + d.Author + d.Content):
		return invalid("The post is not UTF-8 text: save it with that encoding.")
	}
	return checkSlug(d.Slug)
}

// frontMatter is the part of a file's front matter that is read.
type frontMatter struct {
	Title     string `yaml:"title"`
	Slug      string `yaml:"slug"`
	Author    string `yaml:"author"`
	Date      string `yaml:"date"`
	Published *bool  `yaml:"published"`
	Draft     bool   `yaml:"draft"`
}

// parseFrontMatter returns what stands in the front matter, and the text after it.
func parseFrontMatter(text string) (Document, string, error) {
	head, rest, found, err := cutFrontMatter(text)
	if err != nil || !found {
		return Document{}, text, err
	}
	var fields frontMatter
	err = yaml.NewDecoder(bytes.NewReader([]byte(head))).Decode(&fields)
	if err != nil && !errors.Is(err, io.EOF) {
		return Document{}, "", invalid("The front matter cannot be read: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	document := Document{
		Title:  strings.TrimSpace(fields.Title),
		Slug:   strings.TrimSpace(fields.Slug),
		Author: strings.TrimSpace(fields.Author),
		Draft:  fields.Draft || fields.Published != nil && !*fields.Published,
	}
	if fields.Date != "" {
		if document.Date, err = parseDate(fields.Date); err != nil {
			return Document{}, "", err
		}
	}
	return document, rest, nil
}

// cutFrontMatter splits a text that begins with a line of three hyphens at the next such line.
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
	return "", "", false, invalid("The front matter has no end: close it with a line of three hyphens.")
}

// dateLayouts are the forms that a date may have; those without a zone are UTC.
var dateLayouts = []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

func parseDate(s string) (time.Time, error) {
	for _, layout := range dateLayouts {
		if date, err := time.Parse(layout, s); err == nil {
			return date.UTC(), nil
		}
	}
	return time.Time{}, invalid("The date %q cannot be read: write it as 2026-11-23 or 2026-11-23T09:30:00Z.", s)
}

// cutHeading returns the heading of the first level that text begins with, as plain text, and what follows it. Without
// such a heading it returns "" and the whole text.
func cutHeading(text string) (heading, rest string) {
	line, after, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	if !strings.HasPrefix(line, "# ") {
		return "", text
	}
	return plainText(string(sanitise(markdownToHTML([]byte(line)))), textWithHeadings), after
}
