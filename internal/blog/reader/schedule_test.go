package reader_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Before its time, nothing tells readers that there is a post: no list, no address, and no redirect from a former one.
func TestScheduledPostsAreNowhere(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	at := blogtest.Start.Add(time.Hour)
	p.Save("alice", post.Document{Title: "Out", Content: "Text"})
	p.Save("alice", post.Document{Title: "Secret post", Content: "Secret", Date: at, OldSlugs: []string{"former"}, Tags: []string{"Secret"}, Pinned: true})
	p.Save("alice", post.Document{Title: "Secret page", Content: "Secret", Date: at, Page: true})
	p.Save("alice", post.Document{Title: "Secret unlisted", Content: "Secret", Date: at, Unlisted: true})
	paths := []string{"/secret-post/", "/secret-page/", "/secret-unlisted/"}
	hidden := func() {
		t.Helper()
		for _, path := range []string{"/", "/page/2/", "/feed.xml", "/robots.txt", "/out/", "/sitemap.xml", "/search/?q=secret", "/preview/1/", "/preview/2-AAAAAAAAAAAAAAAAAAAAAAAAAA/"} {
			if page := p.Get("alice.example.com", path); strings.Contains(page.Body, "Secret") {
				t.Errorf("%s:\n%s", path, page.Body)
			}
		}
		for _, path := range append(paths, "/former/") {
			p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice")
		}
	}
	hidden()
	p.Clock.Advance(time.Hour - time.Microsecond)
	p.WaitReady()
	hidden()
	p.Clock.Advance(time.Microsecond)
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", "Pinned · ", ">Secret post</bdi>")
	p.Get("alice.example.com", "/feed.xml").Want(t, http.StatusOK, "alice", "Secret post")
	p.Get("alice.example.com", "/former/").WantRedirect(t, "/secret-post/")
	for _, path := range paths {
		p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice")
	}
	p.WaitText("alice.example.com", "/", []string{">Secret page</bdi>"}, []string{"Secret unlisted"})
}

// What readers have seen stays, with its entity tag, when the clock of the server is set back a little. By a clock that was wrong by
// more than an hour, posts have appeared too early.
func TestClockIsSetBack(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text", Date: blogtest.Start.Add(time.Hour)})
	p.Save("alice", post.Document{Title: "About", Content: "Text", Date: blogtest.Start.Add(time.Hour), Page: true})
	p.Advance(time.Hour)
	etags := map[string]string{}
	p.WaitText("alice.example.com", "/", []string{">About</bdi>"}, nil)
	for _, path := range []string{"/", "/title/", "/feed.xml"} {
		etags[path] = p.Get("alice.example.com", path).Header.Get("Etag")
	}
	unchanged := func() {
		t.Helper()
		for path, etag := range etags {
			p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice", "Title")
			p.Do(http.MethodGet, "alice.example.com", path, http.Header{"If-None-Match": {etag}}).Want(t, http.StatusNotModified, "alice")
		}
	}
	unchanged()
	for range 2 {
		p.Advance(-30 * time.Minute)
		unchanged()
	}
	// A replica that starts now knows nothing of what others have shown.
	other := blogtest.StartReplica(t, blog.Options{DatabaseURI: p.Database.BlogURI, Now: p.Clock.Now})
	p.Wait("the other replica shows the blog without the post", func() error {
		return other.Check("alice.example.com", "/", http.StatusOK, "Nothing here yet")
	})
	// A post that is published now is seen now, and what was scheduled for later appears at its time.
	b := p.LogIn("alice", "alice.example.com")
	p.Save("alice", post.Document{Title: "Later", Content: "Text", Date: blogtest.Start.Add(90 * time.Minute)})
	b.Submit("/write/new/", "title", "Now", "content", "Text", "action", "publish").WantSeeOther(t, "/write/now/?done=published")
	p.Get("alice.example.com", "/now/").Want(t, http.StatusOK, "alice")
	p.Advance(89 * time.Minute)
	p.Get("alice.example.com", "/later/").Want(t, http.StatusNotFound, "alice")
	p.Advance(time.Minute)
	p.Get("alice.example.com", "/later/").Want(t, http.StatusOK, "alice")

	p.Advance(-61 * time.Minute)
	p.Get("alice.example.com", "/later/").Want(t, http.StatusNotFound, "alice")
	p.Get("alice.example.com", "/now/").Want(t, http.StatusOK, "alice")
}
