package transfer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file string
		want post.Document
	}{
		"a heading is the title": {
			file: "# Hello, World\n\nFirst.\n",
			want: post.Document{Title: "Hello, World", Slug: "hello-world", Content: "First."},
		},
		"markup in the title is removed": {
			file: "\n\n# Don't *panic* &amp; `run`\nText",
			want: post.Document{Title: "Don't panic & run", Slug: "dont-panic-and-run", Content: "Text"},
		},
		"front matter": {
			file: "---\ntitle: A title\nslug: my-slug\nauthor: Alice\ndate: 2026-11-23\ntags: [a, b]\nlayout: post\n---\n\nText",
			want: post.Document{Title: "A title", Slug: "my-slug", Author: "Alice", Tags: []string{"a", "b"}, Content: "Text",
				Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		},
		"front matter of a Windows editor": {
			file: "\ufeff---\r\ntitle: A title\r\n---\r\nText\r\n",
			want: post.Document{Title: "A title", Slug: "a-title", Content: "Text"},
		},
		"a heading that repeats the title is removed": {
			file: "---\ntitle: Twice\n---\n# Twice\n\nText",
			want: post.Document{Title: "Twice", Slug: "twice", Content: "Text"},
		},
		"another heading stays": {
			file: "---\ntitle: Title\n---\n# Another\n\nText",
			want: post.Document{Title: "Title", Slug: "title", Content: "# Another\n\nText"},
		},
		"a date with its zone": {
			file: "---\ntitle: T\ndate: 2026-11-23T09:30:00+02:00\n---\n",
			want: post.Document{Title: "T", Slug: "t", Date: time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)},
		},
		"not published": {
			file: "---\ntitle: T\npublished: false\n---\n",
			want: post.Document{Title: "T", Slug: "t", Draft: true},
		},
		"a draft": {
			file: "---\ntitle: T\ndraft: true\n---\n",
			want: post.Document{Title: "T", Slug: "t", Draft: true},
		},
		"several authors": {
			file: "---\ntitle: T\nauthor: [Jane, John Doe]\n---\n",
			want: post.Document{Title: "T", Slug: "t", Author: "Jane, John Doe"},
		},
		"an author with an address": {
			file: "---\ntitle: T\nauthor:\n  name: Jane\n  url: https://jane.example\n---\n",
			want: post.Document{Title: "T", Slug: "t", Author: "Jane"},
		},
		"a number and nothing": {
			file: "---\ntitle: 1984\nauthor:\nslug: ~\n---\n",
			want: post.Document{Title: "1984", Slug: "1984"},
		},
		"a date of Jekyll": {
			file: "---\ntitle: T\ndate: 2016-09-26 21:00 +0200\n---\n",
			want: post.Document{Title: "T", Slug: "t", Date: time.Date(2016, 9, 26, 19, 0, 0, 0, time.UTC)},
		},
		"a date of Hugo": {
			file: "---\ntitle: T\ndate: 2016-09-26T21:00:00.5+02:00\n---\n",
			want: post.Document{Title: "T", Slug: "t", Date: time.Date(2016, 9, 26, 19, 0, 0, 5e8, time.UTC)},
		},
		"draft in quotation marks": {
			file: "---\ntitle: T\ndraft: \"yes\"\n---\n",
			want: post.Document{Title: "T", Slug: "t", Draft: true},
		},
		"lines of an old Macintosh": {
			file: "# T\rText\rMore\r",
			want: post.Document{Title: "T", Slug: "t", Content: "Text\nMore"},
		},
		"a note with a slug": {
			file: "---\nslug: a-note\n---\nText",
			want: post.Document{Slug: "a-note", Content: "Text"},
		},
		"a note with a date": {
			file: "---\ndate: 2026-11-23\n---\nText",
			want: post.Document{Content: "Text", Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		},
		"a note that begins with a heading": {
			file: "---\ntitle: ''\nslug: a-note\n---\n# Heading\n\nText",
			want: post.Document{Slug: "a-note", Content: "# Heading\n\nText"},
		},
		"a title without a value": {
			file: "---\ntitle:\nslug: a-post\n---\n# Heading\n\nText",
			want: post.Document{Title: "Heading", Slug: "a-post", Content: "Text"},
		},
		"tags with commas": {
			file: "---\ntitle: T\ntags: one, two words,,\n---\n",
			want: post.Document{Title: "T", Slug: "t", Tags: []string{"one", "two words"}},
		},
		"tags in lines": {
			file: "---\ntitle: T\ntags:\n  - 2027\n  - true\n  -\n---\n",
			want: post.Document{Title: "T", Slug: "t", Tags: []string{"2027", "true"}},
		},
		"empty front matter": {
			file: "---\n---\n# T",
			want: post.Document{Title: "T", Slug: "t"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := transfer.Parse([]byte(test.file))
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseInvalid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, want string }{
		"no title":                {"Text only", `The post has no title. Start the file with a line such as "# My title", or with front matter that has a title. A note without a title needs a slug or a date there.`},
		"a long title":            {"# " + strings.Repeat("ä", 256), "The title has 256 characters; the maximum is 255. Shorten it."},
		"a long author":           {"---\ntitle: T\nauthor: " + strings.Repeat("a", 256) + "\n---\n", "The author has 256 characters; the maximum is 255. Shorten it."},
		"long content":            {"# T\n" + strings.Repeat("a", post.MaxContentBytes+1), "The content has 1048577 bytes; the maximum is 1048576. Split it into two posts."},
		"a huge file":             {"# T\n" + strings.Repeat("a", 2*post.MaxContentBytes), "The file has 2097156 bytes; the maximum for a post is 1048576. Split it into two posts."},
		"another encoding":        {"# Caf\xe9", "The file is not UTF-8 text. Save it with that encoding."},
		"a NUL":                   {"# T\n\na\x00b", "The post contains a NUL character. Remove it."},
		"open front matter":       {"---\ntitle: T\n", "The front matter has no end. Close it with a line of three hyphens."},
		"broken front matter":     {"---\ntitle: [\n---\n", `Line 2 of the front matter cannot be read. Put values with special characters in quotation marks, such as title: "News: more".`},
		"a colon in a title":      {"---\nslug: t\ntitle: a: b\n---\n", `Line 3 of the front matter cannot be read. Put values with special characters in quotation marks, such as title: "News: more".`},
		"a list":                  {"---\n- title\n---\n", `The front matter must be lines such as "title: My title", each with another key.`},
		"a key twice":             {"---\ntitle: T\ntitle: U\n---\n", `The front matter must be lines such as "title: My title", each with another key.`},
		"a map as the title":      {"---\ntitle: {en: T}\n---\n", `The field "title" of the front matter must be text.`},
		"a list of lists":         {"---\ntitle: T\nauthor: [[a]]\n---\n", `The field "author" of the front matter must be text.`},
		"an alias of itself":      {"---\ntitle: T\nauthor: &a [*a]\n---\n", `The field "author" of the front matter must be text.`},
		"a maybe":                 {"---\ntitle: T\ndraft: maybe\n---\n", `The field "draft" of the front matter must be true or false, not "maybe".`},
		"a list of lists of tags": {"---\ntitle: T\ntags: [[a]]\n---\n", `The field "tags" of the front matter must be text.`},
		"a place in words":        {"---\ntitle: T\nposition: first\n---\n", `The field "position" of the front matter must be a number, not "first".`},
		"a cover over http":       {"---\ntitle: T\ncover: http://a.example/a.jpg\n---\n", `The address of the cover must begin with https://, or be the path of an image of this blog, such as /media/….`},
		"an empty post":           {"---\nslug: a-note\n---\n", "This post is empty. Write a title or some text before you publish it."},
		"an ambiguous zone":       {"---\ntitle: T\ndate: 2026-11-23 09:30:00 EST\n---\n", `The date "2026-11-23 09:30:00 EST" cannot be read. Write it as 2026-11-23 or 2026-11-23T09:30:00Z.`},
		"no date":                 {"---\ntitle: T\ndate: yesterday\n---\n", `The date "yesterday" cannot be read. Write it as 2026-11-23 or 2026-11-23T09:30:00Z.`},
		"a slug with a slash":     {"---\ntitle: T\nslug: a/b\n---\n", `"a/b" is not a valid address. Use lowercase letters, digits and single hyphens, such as my-first-post.`},
		"a slug in upper case":    {"---\ntitle: T\nslug: Hello\n---\n", `"Hello" is not a valid address. Use lowercase letters, digits and single hyphens, such as my-first-post.`},
		"a long slug":             {"---\ntitle: T\nslug: " + strings.Repeat("a", 201) + "\n---\n", "The address has 201 bytes; the maximum is 200. Shorten it."},
		"a reserved slug":         {"---\ntitle: T\nslug: assets\n---\n", `The address "assets" is reserved. Choose another one.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := transfer.Parse([]byte(test.file))
			var invalid *post.InvalidError
			if !errors.As(err, &invalid) || invalid.Sentence != test.want {
				t.Errorf("Parse: %v, want %q", err, test.want)
			}
		})
	}
}
