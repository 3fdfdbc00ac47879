package editor_test

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

var mark = regexp.MustCompile(`name="post" value="([0-9.]+)">(?s:.*?)name="name\.[0-9]+" value="([^"]*)"`)

// choose returns the fields of posts in the list, as Submit takes them.
func choose(page blogtest.Response, names ...string) (fields []string) {
	for _, match := range mark.FindAllStringSubmatch(page.Body, -1) {
		if slices.Contains(names, match[2]) {
			id, _, _ := strings.Cut(match[1], ".")
			fields = append(fields, "post", match[1], "name."+id, match[2])
		}
	}
	return fields
}

// newList returns a blog with posts and its author's browser. states returns the states of its posts by their titles.
func newList(t *testing.T, documents ...post.Document) (p *blogtest.Platform, b *blogtest.Browser, states func() map[string]post.State) {
	t.Helper()
	p = blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	for _, document := range documents {
		p.Save("alice", document)
	}
	return p, p.LogIn("alice", "alice.example.com"), func() map[string]post.State {
		t.Helper()
		items, err := post.NewStore("alice").ListFiltered(t.Context(), p.Writer, blogtest.Start.Add(time.Hour), post.Filter{}, 100, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]post.State{}
		for _, item := range items {
			found[item.Title] = item.State(blogtest.Start.Add(time.Hour))
		}
		return found
	}
}

func TestChangeChosenPosts(t *testing.T) {
	t.Parallel()
	p, b, states := newList(t, post.Document{Title: "One", Content: "1", Draft: true}, post.Document{Title: "Two", Content: "2", Draft: true},
		post.Document{Title: "Three", Content: "3", Date: blogtest.Start.AddDate(0, 0, -1)})
	want := func(want map[string]post.State) {
		t.Helper()
		if diff := cmp.Diff(want, states()); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	}
	submit := func(action string, names ...string) blogtest.Response {
		t.Helper()
		p.Advance(time.Second)
		return b.Submit("/write/", append(choose(b.Open("/write/?order=title"), names...), "action", action, "list", "order=title", "tag", "#sea, Go")...)
	}
	submit("publish", "One", "Two").WantSeeOther(t, "/write/?done=published&order=title&posts=2")
	want(map[string]post.State{"One": post.StatePublished, "Two": post.StatePublished, "Three": post.StatePublished})
	b.Open("/write/?done=published&posts=2").Want(t, http.StatusOK, "alice", "2 posts were published.")
	submit("unpublish", "Three").WantSeeOther(t, "/write/?done=unpublished&order=title&posts=1")
	want(map[string]post.State{"One": post.StatePublished, "Two": post.StatePublished, "Three": post.StateDraft})
	submit("tag", "One", "Three").WantSeeOther(t, "/write/?done=tagged&order=title&posts=2")
	if names := listed(b.Open("/write/?tag=go&order=title")); names != "One, Three" {
		t.Errorf("the posts with the tag are %s", names)
	}
	submit("delete", "One", "Two").WantSeeOther(t, "/write/?done=trashed&order=title&posts=2")
	want(map[string]post.State{"Three": post.StateDraft})
	p.Get("alice.example.com", "/one/").Want(t, http.StatusNotFound, "alice")

	// A post has buttons of its own in its menu.
	value := choose(b.Open("/write/"), "Three")[1]
	b.Submit("/write/", "one", "publish "+value, "action", "delete").WantSeeOther(t, "/write/?done=published&posts=1")
	want(map[string]post.State{"Three": post.StatePublished})

	for name, fields := range map[string][]string{
		"nothing chosen": {"action", "publish"}, "nothing to do": {"post", value}, "another action": {"post", value, "action", "other"},
		"no tag": {"post", value, "action", "tag", "tag", " , "}, "no post": {"post", "x.y", "action", "publish"},
	} {
		t.Run(name, func(t *testing.T) {
			b.Submit("/write/", fields...).Want(t, http.StatusUnprocessableEntity, "alice", "Nothing was changed")
		})
	}
	many := []string{"action", "delete"}
	for i := range 26 {
		many = append(many, "post", strconv.Itoa(i+1)+".1")
	}
	b.Submit("/write/", many...).Want(t, http.StatusUnprocessableEntity, "alice", "Choose at most 25 posts.")
	want(map[string]post.State{"Three": post.StatePublished})
}

// Each post that cannot be changed is named, with the reason. The others are changed.
func TestSomeChosenPostsCannotBeChanged(t *testing.T) {
	t.Parallel()
	p, b, states := newList(t, post.Document{Title: "Good", Content: "1", Draft: true}, post.Document{Title: "", Slug: "empty", Draft: true},
		post.Document{Title: "Edited", Content: "3", Draft: true}, post.Document{Title: "Gone", Content: "4", Draft: true})
	list := b.Open("/write/")
	p.Advance(time.Second)
	b.Submit("/write/edited/", append(version(b.Open("/write/edited/")), "title", "Edited", "content", "New", "action", "save")...).WantSeeOther(t, "/write/edited/?done=saved")
	b.Submit("/write/gone/delete/", version(b.Open("/write/gone/delete/"))...).WantSeeOther(t, "/write/?done=trashed&posts=1")

	fields := append(choose(list, "Good", "Edited", "Gone", ""), "action", "publish")
	for range 2 { // a retry says the same
		got := b.Submit("/write/", fields...)
		got.Want(t, http.StatusUnprocessableEntity, "alice", "1 post was published. These were not:",
			`<bdi lang="">Untitled</bdi></dt><dd>This post is empty. Write a title or some text before you publish it.</dd>`,
			`<bdi lang="">Edited</bdi></dt><dd>It was changed after you opened the list, in another window or by someone else. Look at it first.</dd>`,
			`<bdi lang="">Gone</bdi></dt><dd>It was deleted after you opened the list.</dd>`)
	}
	want := map[string]post.State{"Good": post.StatePublished, "": post.StateDraft, "Edited": post.StateDraft}
	if diff := cmp.Diff(want, states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	p.Get("alice.example.com", "/good/").Want(t, http.StatusOK, "alice")
}
