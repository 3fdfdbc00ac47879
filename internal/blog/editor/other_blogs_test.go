package editor_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Posts of two blogs have the same numbers, and addresses, and none of one leads to the other.
func TestPostsOfOtherBlogs(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	owners := map[string]*blogtest.Browser{}
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Owned(name))
		p.Save(name, post.Document{Title: "Same", Content: "First words of " + name, Draft: true})
		p.Advance(time.Minute)
		p.Save(name, post.Document{Title: "Same", Content: "Words of " + name, Draft: true})
		owners[name] = p.LogIn(name, name+".example.com")
	}
	alice, bob := owners["alice"], owners["bob"]
	form := alice.Open("/write/same/")
	alice.Submit("/write/same/", append(version(form), "title", "Same", "content", "Words of alice", "draft", "1", "action", "share")...).WantSeeOther(t, "/write/same/?done=shared")
	share := shareLink.FindStringSubmatch(alice.Open("/write/same/").Body)
	if share == nil {
		t.Fatal("the post has no link")
	}
	p.Get("alice.example.com", share[1]).Want(t, http.StatusOK, "alice", "Words of alice")
	p.Get("bob.example.com", share[1]).Want(t, http.StatusNotFound, "bob")
	bob.Open(share[1]).Want(t, http.StatusNotFound, "bob")

	// A form of one blog that is sent to another is about a post there, if at all.
	fields := append(version(alice.Open("/write/same/")), "title", "Same", "content", "Words of alice", "draft", "1", "action", "save")
	bob.Submit("/write/same/", fields...).Want(t, http.StatusConflict, "bob", "Words of bob")
	for _, path := range []string{"/write/", "/write/same/", "/write/same/revisions/", "/write/settings/", "/write/?show=trash", "/write/media/"} {
		if got := bob.Open(path); got.Status != http.StatusOK || strings.Contains(got.Body, "ords of alice") {
			t.Errorf("%s: status %d:\n%s", path, got.Status, got.Body)
		}
	}
	alice.Submit("/write/settings/", "tagline", "Tagline of alice")
	alice.Submit("/write/same/delete/", version(alice.Open("/write/same/"))...)
	if got := bob.Open("/write/settings/"); strings.Contains(got.Body, "Tagline of alice") {
		t.Error("settings of one blog are those of another")
	}
	bob.Open("/write/same/").Want(t, http.StatusOK, "bob", "Words of bob")
	if got := bob.Open("/write/?show=trash"); strings.Contains(got.Body, "Same</") {
		t.Errorf("the trash of one blog is that of another:\n%s", got.Body)
	}
}

// What a crash has left of an upload is removed when the author looks at the list.
func TestListOfUploadsSweeps(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	alice := p.LogIn("alice", "alice.example.com")
	if _, err := p.Writer.Exec(t.Context(), `INSERT INTO alice.media (id, name, type, size, width, height, alt, created_at, variants, hash)
		VALUES ('old', 'a', '', 1000, 0, 0, '', $1, '[]', ''), ('running', 'b', '', 1000, 0, 0, '', $2, '[]', '')`,
		p.Clock.Now().Add(-2*time.Hour), p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	alice.Open("/write/media/").Want(t, http.StatusOK, "alice")
	var left string
	if err := p.Writer.QueryRow(t.Context(), `SELECT string_agg(id, ' ') FROM alice.media`).Scan(&left); err != nil || left != "running" {
		t.Errorf("the blog has %q, %v", left, err)
	}
}
