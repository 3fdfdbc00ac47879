package docs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

// The front matter of the docs is that of a post.
func TestFrontMatter(t *testing.T) {
	t.Parallel()
	block, err := takeBlock("writing.md", "Front matter", 0)
	if err != nil {
		t.Fatal(err)
	}
	document, err := transfer.Parse([]byte(block.Content + "\nThe lamp is lit.\n"))
	if err != nil {
		t.Fatal(err)
	}
	if document.Title != "The lamp room" || !slices.Equal(document.Tags, []string{"letters", "north"}) ||
		!document.Date.Equal(time.Date(2027, 1, 31, 17, 30, 0, 0, time.UTC)) {
		t.Errorf("the post is %+v", document)
	}
}
