package transfer_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

// Whatever a file contains, it is a post that is the same after another export, or there is a sentence for its author.
func FuzzParse(f *testing.F) {
	for _, document := range complete {
		file, err := transfer.Format(document)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	for _, file := range []string{
		"# Title\n\nText", "---\ntitle: &a [*a]\n---\n", "---\ntitle: T\ntags: {a: b}\nposition: 1e9\n---\n# T\n# T", "---\ntitle: ''\nslug: a\n---\n# \n", "---\n", "\ufeff---\r\n---\r\na",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		document, err := transfer.Parse(file)
		if err != nil {
			if invalid, ok := errors.AsType[*post.InvalidError](err); !ok || invalid.Sentence == "" {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		document.Normalize() // as a save does
		if document.Check() != nil || document.Title == "" && document.Slug == "" {
			return
		}
		again, err := transfer.Format(document)
		if err != nil {
			t.Fatal(err)
		}
		read, err := transfer.Parse(again)
		if err != nil {
			t.Fatalf("%v:\n%s", err, again)
		}
		if diff := cmp.Diff(document, read); diff != "" {
			t.Errorf("(-want +got):\n%s\nin\n%s", diff, again)
		}
	})
}
