package transfer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

func TestFormatRoundTrip(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]post.Document{
		"plain":                     {Title: "Title", Slug: "title", Content: "Text."},
		"all there is":              {Title: "A: \"title\" # of 'it'", Slug: "a-title", Author: "Alice: <a@b> — #1", Content: "One.\n\nTwo.", Date: time.Date(2026, 11, 23, 9, 30, 0, 123456000, time.UTC)},
		"a draft":                   {Title: "yes", Slug: "yes", Content: "Text.", Draft: true},
		"no content":                {Title: "123", Slug: "n123"},
		"a heading of the title":    {Title: "Title", Slug: "title", Content: "# Title\n\nText."},
		"another heading":           {Title: "Title", Slug: "title", Content: "# Other\n\nText."},
		"front matter in content":   {Title: "Title", Slug: "title", Content: "---\ntitle: Other\n---\nText."},
		"a title like front matter": {Title: "--- ~ null", Slug: "null-title", Content: "---"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := transfer.Format(document)
			if err != nil {
				t.Fatal(err)
			}
			got, err := transfer.Parse(file)
			if err != nil {
				t.Fatalf("%v in\n%s", err, file)
			}
			if diff := cmp.Diff(document, got); diff != "" {
				t.Errorf("(-want +got):\n%s\nin\n%s", diff, file)
			}
		})
	}
}
