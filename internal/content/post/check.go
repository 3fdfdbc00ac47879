package post

import (
	"strings"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/content/field"
)

// The limits of a document. Lengths are in characters.
const (
	// MaxTitleLength is the CHECK constraint of the posts table.
	MaxTitleLength  = 255
	MaxAuthorLength = 255
	// MaxContentBytes is the maximum size of the content: 1 MiB of Markdown, about 200,000 words.
	MaxContentBytes      = 1 << 20
	MaxExcerptLength     = 1000
	MaxDescriptionLength = 500
	MaxAltLength         = 1000
	MaxTags              = 20
	MaxTagLength         = 50
	// MaxOldSlugs is how many addresses a post can have had.
	MaxOldSlugs = 50
	// MaxPosition is the last place of a page in the navigation.
	MaxPosition = 999
)

// Check returns an *InvalidError if the document cannot be saved.
func (d *Document) Check() error { return d.check(d.Draft) }

// check is Check for a document that readers do not see if hidden says so: then it may be empty.
func (d *Document) check(hidden bool) error {
	if err := d.checkText(); err != nil {
		return err
	}
	if !hidden && d.Title == "" && strings.TrimSpace(d.Content) == "" {
		return errEmpty()
	}
	if err := d.checkLengths(); err != nil {
		return err
	}
	for _, check := range []func() error{d.checkAddresses, d.checkTags, d.checkOldSlugs} {
		if err := check(); err != nil {
			return err
		}
	}
	switch {
	case !d.Date.IsZero() && (d.Date.UTC().Year() <= 1 || d.Date.UTC().Year() >= 9999): // in every zone, years have four digits
		return invalid("date", "The date must be after the year 1 and before the year 9999.")
	case d.Language != "" && !field.IsLanguage(d.Language):
		return invalid("language", "%.40q is not a language. Write its tag, such as en or pt-BR.", d.Language)
	case d.Position < 0 || d.Position > MaxPosition:
		return invalid("position", "The place in the navigation must be a number from 0 to %d.", MaxPosition)
	case d.Slug == "" && d.Title == "": // Prepare derives it from the time
		return nil
	}
	return checkSlug(d.Slug)
}

func errEmpty() error {
	return invalid("content", "This post is empty. Write a title or some text before you publish it.")
}

// checkText checks that PostgreSQL can store the text.
func (d *Document) checkText() error {
	texts := append([]string{d.Title, d.Author, d.Content, d.Excerpt, d.Description, d.CanonicalURL, d.Cover, d.CoverAlt, d.Language, d.Link}, d.Tags...)
	for _, text := range texts {
		switch {
		case strings.ContainsRune(text, 0):
			return invalid("", "The post contains a NUL character. Remove it.")
		case !utf8.ValidString(text):
			return invalid("", "The post is not valid UTF-8 text. Save it in that encoding.")
		}
	}
	return nil
}

func (d *Document) checkLengths() error {
	for _, limit := range []struct {
		key, name, text string
		max             int
	}{
		{"title", "title", d.Title, MaxTitleLength},
		{"author", "author", d.Author, MaxAuthorLength},
		{"excerpt", "excerpt", d.Excerpt, MaxExcerptLength},
		{"description", "description", d.Description, MaxDescriptionLength},
		{"cover_alt", "description of the cover", d.CoverAlt, MaxAltLength},
	} {
		if length := utf8.RuneCountInString(limit.text); length > limit.max {
			return invalid(limit.key, "The %s has %d characters; the maximum is %d. Shorten it.", limit.name, length, limit.max)
		}
	}
	if len(d.Content) > MaxContentBytes {
		return invalid("content", "The content has %d bytes; the maximum is %d. Split it into two posts.", len(d.Content), MaxContentBytes)
	}
	return nil
}

func (d *Document) checkAddresses() error {
	for _, address := range []struct {
		key, name, text string
		local           bool
	}{
		{"canonical_url", "address of the first publication", d.CanonicalURL, false},
		{"link", "address that the post is about", d.Link, false},
		{"cover", "address of the cover", d.Cover, true},
	} {
		switch {
		case address.text == "":
		case len(address.text) > field.MaxURLBytes:
			return invalid(address.key, "The %s has %d bytes; the maximum is %d.", address.name, len(address.text), field.MaxURLBytes)
		case address.local && !field.IsImageAddress(address.text):
			return invalid(address.key, "The %s must begin with https://, or be the path of an image of this blog, such as /media/….", address.name)
		case !address.local && !field.IsWebAddress(address.text):
			return invalid(address.key, "The %s must be a whole one, such as https://example.org/page.", address.name)
		}
	}
	return nil
}

func (d *Document) checkTags() error {
	if len(d.Tags) > MaxTags {
		return invalid("tags", "The post has %d tags; the maximum is %d.", len(d.Tags), MaxTags)
	}
	for _, tag := range d.Tags {
		switch {
		case utf8.RuneCountInString(tag) > MaxTagLength:
			return invalid("tags", "The tag %.60q has more than %d characters. Shorten it.", tag, MaxTagLength)
		case strings.Contains(tag, ","):
			return invalid("tags", "The tag %q contains a comma, which separates tags.", tag)
		}
	}
	return nil
}

func (d *Document) checkOldSlugs() error {
	if len(d.OldSlugs) > MaxOldSlugs {
		return invalid("old_slugs", "The post has had %d addresses; the maximum is %d.", len(d.OldSlugs), MaxOldSlugs)
	}
	for _, slug := range d.OldSlugs {
		if checkSlug(slug) != nil {
			return invalid("old_slugs", "The former address %.220q is not valid.", slug)
		}
	}
	return nil
}
