package posts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/posts"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file string
		want posts.Document
	}{
		"a heading is the title": {
			file: "# Hello, World\n\nFirst.\n",
			want: posts.Document{Title: "Hello, World", Slug: "hello-world", Content: "First."},
		},
		"markup in the title goes": {
			file: "\n\n# Don't *panic* &amp; `run`\nText",
			want: posts.Document{Title: "Don't panic & run", Slug: "dont-panic-and-run", Content: "Text"},
		},
		"front matter": {
			file: "---\ntitle: A title\nslug: my-slug\nauthor: Alice\ndate: 2026-11-23\ntags: [a, b]\nlayout: post\n---\n\nText",
			want: posts.Document{Title: "A title", Slug: "my-slug", Author: "Alice", Content: "Text",
				Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		},
		"front matter of a Windows editor": {
			file: "\ufeff---\r\ntitle: A title\r\n---\r\nText\r\n",
			want: posts.Document{Title: "A title", Slug: "a-title", Content: "Text"},
		},
		"a heading that repeats the title goes": {
			file: "---\ntitle: Twice\n---\n# Twice\n\nText",
			want: posts.Document{Title: "Twice", Slug: "twice", Content: "Text"},
		},
		"a heading beside the title stays": {
			file: "---\ntitle: Title\n---\n# Another\n\nText",
			want: posts.Document{Title: "Title", Slug: "title", Content: "# Another\n\nText"},
		},
		"a date with its zone": {
			file: "---\ntitle: T\ndate: 2026-11-23T09:30:00+02:00\n---\n",
			want: posts.Document{Title: "T", Slug: "t", Date: time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)},
		},
		"not published": {
			file: "---\ntitle: T\npublished: false\n---\n",
			want: posts.Document{Title: "T", Slug: "t", Draft: true},
		},
		"a draft": {
			file: "---\ntitle: T\ndraft: true\n---\n",
			want: posts.Document{Title: "T", Slug: "t", Draft: true},
		},
		"empty front matter": {
			file: "---\n---\n# T",
			want: posts.Document{Title: "T", Slug: "t"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := posts.Parse([]byte(test.file))
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, want string }{
		"no title":             {"Text only", "has no title"},
		"a long title":         {"# " + strings.Repeat("ä", 256), "has 256 characters, and may have 255"},
		"a long author":        {"---\ntitle: T\nauthor: " + strings.Repeat("a", 256) + "\n---\n", "The author has 256"},
		"long content":         {"# T\n" + strings.Repeat("a", posts.MaxContentBytes+1), "may have 1048576"},
		"a huge file":          {"# T\n" + strings.Repeat("a", 2*posts.MaxContentBytes), "may have 1048576"},
		"another encoding":     {"# Caf\xe9", "not UTF-8"},
		"a NUL":                {"# T\n\na\x00b", "NUL"},
		"open front matter":    {"---\ntitle: T\n", "has no end"},
		"broken front matter":  {"---\ntitle: [\n---\n", "cannot be read"},
		"no date":              {"---\ntitle: T\ndate: yesterday\n---\n", `The date "yesterday" cannot be read`},
		"a slug with a slash":  {"---\ntitle: T\nslug: a/b\n---\n", "cannot be part of an address"},
		"a slug in upper case": {"---\ntitle: T\nslug: Hello\n---\n", "cannot be part of an address"},
		"a long slug":          {"---\ntitle: T\nslug: " + strings.Repeat("a", 101) + "\n---\n", "The slug has 101"},
		"a reserved slug":      {"---\ntitle: T\nslug: assets\n---\n", "is reserved"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := posts.Parse([]byte(test.file))
			var invalid *posts.InvalidError
			if !errors.As(err, &invalid) || !strings.Contains(invalid.Sentence, test.want) {
				t.Errorf("Parse: %v, want a sentence with %q", err, test.want)
			}
		})
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ title, want string }{
		"words":           {"Hello, World!", "hello-world"},
		"accents":         {"Crème brûlée à la Zürich", "creme-brulee-a-la-zurich"},
		"letters":         {"Straße, Łódź, Ærø", "strasse-lodz-aero"},
		"Cyrillic":        {"Привет, мир", "privet-mir"},
		"Greek":           {"Καλημέρα κόσμε", "kalimera kosme"},
		"digits":          {"1,000 tenants in 10 s", "1-000-tenants-in-10-s"},
		"apostrophes":     {"It's Alice’s", "its-alices"},
		"compatibility":   {"ﬁne ① Ｆｕｌｌ", "fine-1-full"},
		"reserved":        {"Assets", "assets-post"},
		"nothing left":    {"日本語", "post-77710aed"},
		"cut at a word":   {strings.Repeat("word ", 40), strings.TrimSuffix(strings.Repeat("word-", 16), "-")},
		"one endless one": {strings.Repeat("a", 200), strings.Repeat("a", 80)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.ReplaceAll(test.want, " ", "-")
			if got := posts.Slug(test.title); got != want {
				t.Errorf("Slug(%q) = %q, want %q", test.title, got, want)
			}
		})
	}
}
