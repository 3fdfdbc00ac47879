package editor_test

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// The list of uploads says how much of the blog's storage is used, and how many bytes are left, before a file is refused.
func TestStorageThatIsLeft(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	limited := blogtest.Owned("alice")
	limited.Limits = tenancy.Limits{MaxStorageBytes: new(int64(2_000_000))}
	p.Create(limited)
	p.Create(blogtest.Owned("bob"))
	b := p.LogIn("alice", "alice.example.com")
	p.Save("alice", post.Document{Title: "A post", Content: strings.Repeat("word ", 1000)})
	left := regexp.MustCompile(`<p>Your blog uses [0-9.]+ kB of 2 MB, posts and their versions included\. ([0-9,]+) bytes are left\.</p>`)
	read := func() int {
		t.Helper()
		page := b.Open("/write/media/")
		page.Want(t, http.StatusOK, "alice")
		found := left.FindStringSubmatch(page.Body)
		if found == nil {
			t.Fatalf("the page does not say what is left:\n%s", page.Body)
		}
		n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := read()
	uploadFile(t, b, "harbour.jpg", photo, http.StatusCreated)
	after := read()
	used, err := post.NewStore("alice").Usage(t.Context(), p.Writer)
	if err != nil || after != 2_000_000-int(used.Bytes()) || before-after != int(used.MediaBytes) {
		t.Errorf("%d bytes are left, and %d after an upload, while the blog stores %+v (%v)", before, after, used, err)
	}
	refused := uploadFile(t, b, "large.jpg", append(slices.Clone(photo), make([]byte, 2_000_000)...), http.StatusInsufficientStorage)
	if !strings.Contains(refused.Error, media.GroupDigits(int64(after))+" bytes of 2 MB are left") {
		t.Errorf("the refusal says otherwise: %s", refused.Error)
	}
	p.LogIn("bob", "bob.example.com").Open("/write/media/").Want(t, http.StatusOK, "bob", "<p>Your blog uses 0 bytes, posts and their versions included.</p>")
}
