// Package feed writes the posts of a blog as feeds: Atom, RSS and JSON Feed. All have the same entries.
package feed

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Feed is a list of posts, the newest first. Addresses are absolute, and texts are plain, apart from HTML.
type Feed struct {
	// ID never changes, whatever the address of the blog is. It is a URI.
	ID string
	// Title names the feed. Description and Language, a BCP 47 tag, may be empty.
	Title, Description, Language string
	// Author is the author of the entries without one.
	Author string
	// Home is the address of the page with the same posts, and Self that of the feed.
	Home, Self string
	// Updated is when the feed was last changed.
	Updated time.Time
	// Entries are the posts.
	Entries []Entry
}

// Entry is a post in a feed.
type Entry struct {
	// ID never changes, whatever the address of the post is. It is a URI.
	ID string
	// Address is the page of the post, and Link what a link post is about. Image is its cover. Link and Image may be empty.
	Address, Link, Image string
	// Title names the post. Author, Summary and Language, a BCP 47 tag, may be empty.
	Title, Author, Summary, Language string
	// SummaryHTML is the summary with its direction, if that is not the one of the post. Otherwise it is empty.
	SummaryHTML string
	// HTML is the content, if Whole says that the feed has it. Otherwise it has the summary.
	HTML  string
	Whole bool
	// Tags are the tags of the post.
	Tags []string
	// Published is when readers first saw the post, and Updated when it was last changed, which is not before that.
	Published, Updated time.Time
}

// Format is a format of feeds.
type Format struct {
	// Name is the name of the format, and Type its media type.
	Name, Type string
	// File is the last part of the addresses of feeds.
	File string
	// Encode writes a feed.
	Encode func(*Feed) ([]byte, error)
}

// Formats are all formats, the one that pages link to first. The file of the first was the only one once: it never changes.
var Formats = []Format{
	{"Atom", "application/atom+xml", "feed.xml", encodeAtom},
	{"RSS", "application/rss+xml", "rss.xml", encodeRSS},
	{"JSON Feed", "application/feed+json", "feed.json", encodeJSON},
}

// addressAttribute is an attribute with addresses in sanitized HTML, where a quotation mark is one of an attribute.
var addressAttribute = regexp.MustCompile(` (href|src|srcset|cite)="([^"]*)"`)

// absoluteHTML returns sanitized HTML with absolute addresses: RSS and JSON Feed do not say what relative ones are relative to.
func absoluteHTML(text, base string) string {
	from, err := url.Parse(base)
	if err != nil {
		return text
	}
	return addressAttribute.ReplaceAllStringFunc(text, func(attribute string) string {
		name, value, _ := strings.Cut(attribute, `="`)
		value = html.UnescapeString(strings.TrimSuffix(value, `"`))
		if name == " srcset" {
			candidates := strings.Split(value, ", ")
			for i, candidate := range candidates {
				address, size, _ := strings.Cut(candidate, " ")
				candidates[i] = strings.TrimSpace(absolute(from, address) + " " + size)
			}
			value = strings.Join(candidates, ", ")
		} else {
			value = absolute(from, value)
		}
		return name + `="` + html.EscapeString(value) + `"`
	})
}

// absolute returns the absolute form of an address. One that cannot be read stays as it is.
func absolute(base *url.URL, address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.IsAbs() {
		return address
	}
	return base.ResolveReference(parsed).String()
}
