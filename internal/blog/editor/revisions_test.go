package editor_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

var revisionLink = regexp.MustCompile(`<a href="(/write/[^"]*/revisions/\?at=[0-9]+)">([^<]*)</a> <span class="hint">([^<]*)<`)

func TestRevisions(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Same.\n\nOld <b>line</b>.\n\n" + strings.Repeat("Context.\n\n", 10) + "End.", Tags: []string{"sea"}, Draft: true})
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/write/title/revisions/").Want(t, http.StatusOK, "alice", "There are no earlier versions.")
	p.Advance(time.Hour)
	form := b.Open("/write/title/")
	b.Submit("/write/title/", append(version(form), "title", "Title", "tags", "sea, Go", "content", "Same.\n\nNew line.\n\n"+strings.Repeat("Context.\n\n", 10)+"End.", "action", "save")...).
		WantSeeOther(t, "/write/title/?done=saved")

	links := revisionLink.FindAllStringSubmatch(b.Open("/write/title/revisions/").Body, -1)
	if len(links) != 1 || links[0][2] != "10 January 2027, 12:00" || !strings.HasSuffix(links[0][3], " bytes") {
		t.Fatalf("the versions are %q", links)
	}
	compared := b.Open(links[0][1])
	compared.Want(t, http.StatusOK, "alice", "Version of 10 January 2027, 12:00", "This version: </span>Old &lt;b&gt;line&lt;/b&gt;.</del>", "Now: </span>New line.</ins>",
		`<th scope="row">Tags</th><td dir="auto" lang="">sea</td><td dir="auto" lang="">sea, Go</td>`, "lines are the same", `<span dir="auto" lang="">Same.</span>`)
	if strings.Contains(compared.Body, "End.") {
		t.Error("lines far from every change are shown")
	}

	// A change in another window is not overwritten.
	p.Advance(time.Hour)
	b.Submit("/write/title/", append(version(b.Open("/write/title/")), "title", "Title", "content", "Newest.", "action", "save")...).WantSeeOther(t, "/write/title/?done=saved")
	conflict := b.Submit("/write/title/revisions/", version(compared)...)
	conflict.Want(t, http.StatusConflict, "alice", "Nothing was restored: look at the differences again.", "Now: </span>Newest.</ins>")
	p.Advance(time.Second)
	for range 2 { // a retry after a lost response
		b.Submit("/write/title/revisions/", version(conflict)...).WantSeeOther(t, "/write/title/?done=restored")
	}
	b.Open("/write/title/?done=restored").Want(t, http.StatusOK, "alice", "Restored.", "Old &lt;b&gt;line&lt;/b&gt;.")
	// What was there before is a version now.
	if links := revisionLink.FindAllString(b.Open("/write/title/revisions/").Body, -1); len(links) != 3 {
		t.Errorf("the versions are %q", links)
	}
	for _, path := range []string{"/write/title/revisions/?at=1", "/write/title/revisions/?at=x", "/write/none/revisions/"} {
		b.Open(path).Want(t, http.StatusNotFound, "alice")
	}
}

// Restoring a version of a published post changes nothing that readers see.
func TestRestoreRevisionOfAPublishedPost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "First."})
	p.Advance(time.Hour)
	p.Save("alice", post.Document{Title: "Title", Content: "Second."})
	b := p.LogIn("alice", "alice.example.com")
	links := revisionLink.FindAllStringSubmatch(b.Open("/write/title/revisions/").Body, -1)
	if len(links) != 1 {
		t.Fatalf("the versions are %q", links)
	}
	p.Advance(time.Second)
	b.Submit("/write/title/revisions/", version(b.Open(links[0][1]))...).WantSeeOther(t, "/write/title/?done=restored")
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", "Second.")
	b.Open("/write/title/").Want(t, http.StatusOK, "alice", "\nFirst.</textarea>")

	p.Create(blogtest.Owned("bob"))
	stolen := p.Browser("alice.example.com")
	stolen.Cookies["session"] = p.LogIn("bob", "bob.example.com").Cookies["session"]
	if got := stolen.Open(links[0][1]); got.Status != http.StatusSeeOther {
		t.Errorf("bob reads a version: %d", got.Status)
	}
	stolen.Submit("/write/title/revisions/", version(b.Open(links[0][1]))...).Want(t, http.StatusForbidden, "alice")
}
