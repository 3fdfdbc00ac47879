package reader_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestSubscribe(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	want := []string{
		"<h1>Subscribe</h1>", "<code>http://alice.example.com:8000/</code>", `<a href="/feed.xml">Atom</a>: <code>http://alice.example.com:8000/feed.xml</code>`,
		`<a href="/rss.xml">RSS</a>`, `<a href="/feed.json">JSON Feed</a>`, `<a href="/tags/">tag</a>`, `<a href="/feed/" aria-current="page">Subscribe</a>`,
		`<link rel="canonical" href="http://alice.example.com:8000/feed/">`,
	}
	p.Get("alice.example.com", "/feed/").Want(t, http.StatusOK, "alice", want...)
	wantNone(p, "alice.example.com", "/feed/", "The latest post")
	p.Save("alice", post.Document{Title: "Pinned", Content: "Text", Pinned: true, Date: blogtest.Start.AddDate(-1, 0, 0)})
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	saveSecrets(p, "alice", "a", "Text")
	p.Get("alice.example.com", "/feed/").Want(t, http.StatusOK, "alice", append(want, "All have the latest posts.", `The latest post is from <time datetime="2027-01-10T12:00:00Z">10 January 2027</time>.`)...)
	p.Get("alice.example.com", "/feed").WantRedirect(t, "/feed/")
	saveSettings(p, "alice", settings.Settings{ExcerptsInFeed: true, Language: "de"})
	p.Get("alice.example.com", "/feed/").Want(t, http.StatusOK, "alice", "the beginnings of the latest posts.", `<div class="column" lang="en">`)
}
