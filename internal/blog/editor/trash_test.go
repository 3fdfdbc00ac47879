package editor_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestTrash(t *testing.T) {
	t.Parallel()
	p, b, states := newList(t, post.Document{Title: "One", Content: "1"}, post.Document{Title: "Two", Content: "2"}, post.Document{Title: "Three", Content: "3"})
	want := func(want map[string]post.State) {
		t.Helper()
		if diff := cmp.Diff(want, states()); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	}
	live := choose(b.Open("/write/"), "Three")
	b.Submit("/write/", append(choose(b.Open("/write/"), "One", "Two"), "action", "delete")...).WantSeeOther(t, "/write/?done=trashed&posts=2")
	trash := b.Open("/write/?show=trash")
	trash.Want(t, http.StatusOK, "alice", "Trash <span class=\"count\">2</span>", "Deleted on 10 January 2027. Kept until 9 February 2027", "Restore", "Delete permanently")
	if names := listed(trash); names != "Two, One" {
		t.Errorf("the trash has %s", names)
	}
	b.Open("/write/one/").Want(t, http.StatusNotFound, "alice")

	restore := append(choose(trash, "One"), "action", "restore", "list", "show=trash")
	for range 2 { // a retry after a lost response
		b.Submit("/write/", restore...).WantSeeOther(t, "/write/?done=restored&posts=1&show=trash")
	}
	want(map[string]post.State{"One": post.StateDraft, "Three": post.StatePublished})

	// Only what is in the trash is deleted permanently, after a question.
	erase := append(append(choose(trash, "Two"), live...), "action", "erase", "list", "show=trash")
	asked := b.Submit("/write/", erase...)
	asked.Want(t, http.StatusOK, "alice", "These 2 posts and their versions will be deleted.", `<bdi lang="">Two</bdi>`, `name="confirmed" value="1"`)
	want(map[string]post.State{"One": post.StateDraft, "Three": post.StatePublished})
	b.Submit("/write/", append(erase, "confirmed", "1")...).WantSeeOther(t, "/write/?done=erased&posts=2&show=trash")
	want(map[string]post.State{"One": post.StateDraft, "Three": post.StatePublished})
	b.Open("/write/?show=trash").Want(t, http.StatusOK, "alice", "The trash is empty.")
	b.Submit("/write/", append(choose(trash, "Two"), "action", "restore")...).Want(t, http.StatusUnprocessableEntity, "alice", "No post was restored.", "It was deleted after you opened the list.")

	// After 30 days a post is gone.
	b.Submit("/write/", "one", "delete "+live[1]).WantSeeOther(t, "/write/?done=trashed&posts=1")
	p.Advance(post.TrashRetention - time.Hour)
	b = p.LogIn("alice", "alice.example.com")
	if names := listed(b.Open("/write/?show=trash")); names != "Three" {
		t.Errorf("after 29 days the trash has %s", names)
	}
	p.Advance(2 * time.Hour)
	b.Open("/write/?show=trash").Want(t, http.StatusOK, "alice", "The trash is empty.")
	var left int
	if err := p.Writer.QueryRow(t.Context(), `SELECT count(*) FROM alice.posts`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d posts are left, %v", left, err)
	}
}

// A blog that is full says so, by post.
func TestRestoreIntoAFullBlog(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Owned("alice")
	alice.Limits.MaxPosts = new(int64(1))
	p.Create(alice)
	p.Save("alice", post.Document{Title: "First", Content: "1"})
	b := p.LogIn("alice", "alice.example.com")
	b.Submit("/write/first/delete/", version(b.Open("/write/first/delete/"))...).WantSeeOther(t, "/write/?done=trashed&posts=1")
	p.Save("alice", post.Document{Title: "Second", Content: "2"})
	trash := b.Open("/write/?show=trash")
	b.Submit("/write/", append(choose(trash, "First"), "action", "restore")...).Want(t, http.StatusUnprocessableEntity, "alice",
		`<bdi lang="">First</bdi></dt><dd>This blog has reached its limit of 1 posts.`)
}

// Nobody but the owner changes posts from the list, of this blog or another one.
func TestOnlyTheOwnerChangesTheList(t *testing.T) {
	t.Parallel()
	p, alice, states := newList(t, post.Document{Title: "Title", Content: "Text"})
	p.Create(blogtest.Owned("bob"))
	p.Save("bob", post.Document{Title: "Other", Content: "Text"})
	fields := append(choose(alice.Open("/write/"), "Title"), "action", "delete")
	p.Browser("alice.example.com").Submit("/write/", fields...).Want(t, http.StatusForbidden, "alice", "You are logged out")
	bob := p.LogIn("bob", "bob.example.com")
	stolen := p.Browser("alice.example.com")
	stolen.Cookies["session"] = bob.Cookies["session"]
	stolen.Submit("/write/", fields...).Want(t, http.StatusForbidden, "alice", "You are logged out")
	// The ID of a post of one blog is that of another post, or of none, in another blog.
	if got := bob.Submit("/write/", fields...); strings.Contains(got.Body, "alice") {
		t.Errorf("bob's blog shows %s", got.Body)
	}
	alice.Send(http.MethodPost, "/write/", strings.NewReader(blogtest.Encode(fields)), http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://bob.example.com"}}).
		Want(t, http.StatusForbidden, "alice", "This form came from another site")
	if diff := cmp.Diff(map[string]post.State{"Title": post.StatePublished}, states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}
