package reader_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// ownersOnly is what only the owner of a blog sees.
var ownersOnly = []string{">Write</a>", `href="/write/`, `href="/login/`, ">Account</a>", ">Edit</a>"}

// Readers see no link to the editor: it would look like an invitation to write.
func TestStrangersSeeNoLinksToTheEditor(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	b := p.LogIn("alice", "alice.example.com")
	b.Submit("/write/new/", "title", "Hello", "content", "World", "action", "publish").WantSeeOther(t, "/write/hello/?done=published")
	bob := p.Browser("alice.example.com")
	bob.Cookies["session"] = p.LogIn("bob", "bob.example.com").Cookies["session"]
	forged := p.Browser("alice.example.com")
	forged.Cookies["session"] = "alice"
	loggedOut := p.LogIn("alice", "alice.example.com")
	session := loggedOut.Cookies["session"]
	loggedOut.Submit("/logout/")
	loggedOut.Cookies["session"] = session
	for _, path := range []string{"/", "/hello/", "/feed.xml", "/none/", "/a/b/c", "/page/9/"} {
		stranger := p.Get("alice.example.com", path)
		for name, browser := range map[string]*blogtest.Browser{"the owner of another blog": bob, "a forged cookie": forged, "an ended session": loggedOut} {
			if got := browser.Open(path); got.Body != stranger.Body || got.Header.Get("Etag") != stranger.Header.Get("Etag") {
				t.Errorf("%s differs for %s:\n%s", path, name, got.Body)
			}
		}
		for _, part := range ownersOnly {
			if strings.Contains(stranger.Body, part) {
				t.Errorf("%s has %q for a stranger:\n%s", path, part, stranger.Body)
			}
		}
	}
}

// The owner has the links on every page. No cache stores them, or uses for strangers what it has stored of the owner's pages.
func TestOwnersSeeTheirLinks(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/").Want(t, http.StatusOK, "alice", `<a href="/write/new/">Write the first post</a>`)
	b.Submit("/write/new/", "title", "Hello", "content", "World", "action", "publish").WantSeeOther(t, "/write/hello/?done=published")
	links := []string{
		`<nav class="owner" aria-label="Your blog"><a href="/write/new/">Write</a>`, `<a href="/write/">Posts</a>`, `<a href="/write/settings/">Settings</a>`,
		`<a href="http://localhost:8000/account/alice/">Account</a>`,
	}
	for path, status := range map[string]int{
		"/": http.StatusOK, "/hello/": http.StatusOK, "/none/": http.StatusNotFound, "/a/b/c": http.StatusNotFound, "/page/9/": http.StatusNotFound, "/page/x/": http.StatusNotFound,
	} {
		stranger, owner := p.Get("alice.example.com", path), b.Open(path)
		owner.Want(t, status, "alice", links...)
		if !strings.Contains(owner.Header.Get("Cache-Control"), "no-store") || owner.Header.Get("Etag") != "" || owner.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s can be stored: %v", path, owner.Header)
		}
		if status != http.StatusOK {
			continue
		}
		for _, got := range []blogtest.Response{stranger, owner} {
			if got.Header.Get("Vary") != "Cookie" {
				t.Errorf("%s: Vary is %q", path, got.Header.Get("Vary"))
			}
		}
		// The browser has the page from before the login.
		again := b.Send(http.MethodGet, path, nil, http.Header{"If-None-Match": {stranger.Header.Get("Etag")}})
		again.Want(t, http.StatusOK, "alice", links...)
	}
	b.Open("/hello/").Want(t, http.StatusOK, "alice", `<a href="/write/hello/">Edit</a>`)
	for _, path := range []string{"/write/", "/write/settings/", "/write/media/"} {
		b.Open(path).Want(t, http.StatusOK, "alice", `<a href="/write/new/">Write</a>`, `href="/write/settings/"`, `<a href="http://localhost:8000/account/alice/">Account</a>`)
	}
	if feed := b.Open("/feed.xml"); feed.Body != p.Get("alice.example.com", "/feed.xml").Body || feed.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the feed differs for the owner: %v", feed.Header)
	}
}
