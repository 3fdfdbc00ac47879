package transfer_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

const (
	// fuzzTime is how long reading one file may take, on a busy machine, and fuzzMemory is what it may allocate in all.
	fuzzTime   = 5 * time.Second
	fuzzMemory = 64 << 20
)

// Whatever a file contains, it is a post that is the same after another export, or there is a sentence for its author. Reading it takes
// bounded time and memory, and its export is not much larger.
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
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		started := time.Now()
		document, err := transfer.Parse(file)
		if took := time.Since(started); took > fuzzTime {
			t.Errorf("reading %d bytes takes %s", len(file), took)
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > fuzzMemory {
			t.Errorf("reading %d bytes allocates %d", len(file), allocated)
		}
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
		if len(again) > 8*len(file)+1024 {
			t.Errorf("%d bytes become %d", len(file), len(again))
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
