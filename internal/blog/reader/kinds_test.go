package reader_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// A former address leads to the post, with the query of the request, as long as readers see the post.
func TestFormerAddress(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Καλημέρα", OldSlugs: []string{"good-morning", "γεια"}, Content: "Text"})
	p.Save("alice", post.Document{Title: "Draft", OldSlugs: []string{"first-draft"}, Content: "Text", Draft: true})
	to := "/%CE%BA%CE%B1%CE%BB%CE%B7%CE%BC%CE%AD%CF%81%CE%B1/"
	p.Get("alice.example.com", "/good-morning/").WantRedirect(t, to)
	p.Get("alice.example.com", "/%CE%B3%CE%B5%CE%B9%CE%B1/").WantRedirect(t, to)
	p.Get("alice.example.com", "/good-morning/?a=b").WantRedirect(t, to+"?a=b")
	p.Get("alice.example.com", "/good-morning").WantRedirect(t, "/good-morning/")
	p.Get("alice.example.com", "/first-draft/").Want(t, http.StatusNotFound, "alice")
}

func TestUnlistedPostsAndPages(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Listed", Content: "Text"})
	p.Save("alice", post.Document{Title: "Unlisted", Content: "Text", Unlisted: true})
	p.Save("alice", post.Document{Title: "About me", Content: "Text", Page: true})
	p.Save("alice", post.Document{Title: "Soon unlisted", Content: "Text", Unlisted: true, Date: blogtest.Start.Add(time.Hour)})
	for _, path := range []string{"/", "/feed.xml"} {
		page := p.Get("alice.example.com", path)
		page.Want(t, http.StatusOK, "alice", "Listed")
		for _, title := range []string{"Unlisted", "<bdi>About me", "<title>About me", "Soon"} {
			if strings.Contains(page.Body, title) {
				t.Errorf("%s has %q", path, title)
			}
		}
	}
	unlisted := p.Get("alice.example.com", "/unlisted/")
	unlisted.Want(t, http.StatusOK, "alice", "<h1>Unlisted</h1>", `<meta name="robots" content="noindex">`, `<link rel="canonical" href="http://alice.example.com:8000/unlisted/">`)
	if got := unlisted.Header.Get("X-Robots-Tag"); got != "noindex" {
		t.Errorf("X-Robots-Tag of an unlisted post: %q", got)
	}
	listed := p.Get("alice.example.com", "/listed/")
	if strings.Contains(listed.Body, "noindex") || listed.Header.Get("X-Robots-Tag") != "" {
		t.Error("search engines are asked not to list a listed post")
	}
	p.Get("alice.example.com", "/about-me/").Want(t, http.StatusOK, "alice", "<h1>About me</h1>")
	p.Get("alice.example.com", "/soon-unlisted/").Want(t, http.StatusNotFound, "alice")
}

func TestPagesOfNotes(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Slug: "2027-01-10-1200", Content: "A *thought*."})
	p.Save("alice", post.Document{Slug: "2027-01-10-1201", Content: "![](/lamp.jpg)", Date: blogtest.Start.AddDate(0, 0, -1)})
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", `<a href="/2027-01-10-1200/"><bdi>A thought.</bdi></a>`, `<a href="/2027-01-10-1201/"><bdi>9 January 2027</bdi></a>`)
	p.Get("alice.example.com", "/feed.xml").Want(t, http.StatusOK, "alice", "<title>A thought.</title>", "<title>9 January 2027</title>")
	note := p.Get("alice.example.com", "/2027-01-10-1200/")
	note.Want(t, http.StatusOK, "alice", "<title>A thought. · Blog of alice</title>", "<p>A <em>thought</em>.</p>")
	if strings.Contains(note.Body, "<h1></h1>") {
		t.Error("the page of a note has an empty heading")
	}
}

func TestDescriptionAndCanonicalAddress(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{
		Title: "Title", Content: "Long text.", Excerpt: "Short.", Description: `"For" <machines>`, CanonicalURL: "https://example.org/first?a&b", Language: "de",
	})
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", ">Short.</p>")
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", `<meta name="description" content="&#34;For&#34; &lt;machines&gt;">`,
		`<link rel="canonical" href="https://example.org/first?a&amp;b">`, `<article class="post" dir="ltr" lang="de">`)
}
