package reader_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// paragraphs is how many paragraphs a large post has. Its HTML has almost the maximum size, 4 MiB.
const paragraphs = 380_000

// saveLarge adds a large post with the slug "large".
func saveLarge(p *blogtest.Platform, tenant string) {
	p.T.Helper()
	p.Save(tenant, post.Document{Title: "Large", Content: "Text"})
	p.Exec(`UPDATE `+tenant+`.posts SET html = repeat('<p>text</p>', $1) WHERE slug = 'large'`, paragraphs)
}

func TestFeedOfLargePosts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	saveLarge(p, "alice")
	for i := range 3 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Small %d", i), Content: "Text"})
	}
	for i := range 3 {
		p.Clock.Advance(1)
		p.Save("alice", post.Document{Title: fmt.Sprintf("Medium %d", i), Content: "Summary\n\n<!--more-->\n\n" + strings.Repeat("text ", 40_000)})
	}
	if size := len(p.Get("alice.example.com", "/feed.xml").Body); size > 1<<20 {
		t.Errorf("the feed has %d bytes", size)
	}
	f := readFeed(p, "alice.example.com")
	if len(f.Entries) != 7 {
		t.Fatalf("the feed has %d entries, want 7", len(f.Entries))
	}
	for i, e := range f.Entries {
		if whole := e.Content.Text != ""; whole != (i < 2) {
			t.Errorf("entry %d, %s, has its whole content: %t", i, e.Title, whole)
		}
		if e.Summary == "" {
			t.Errorf("entry %d has no summary", i)
		}
		wantLink(t, e.Links, "alternate", "http://alice.example.com:8000/"+post.Slug(e.Title)+"/")
	}
}

func TestLargePost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	saveLarge(p, "alice")
	page := p.Get("alice.example.com", "/large/")
	page.Want(t, http.StatusOK, "alice", "</p></div>\n</article>")
	if count := strings.Count(page.Body, "<p>text</p>"); count != paragraphs {
		t.Errorf("the page has %d of %d paragraphs", count, paragraphs)
	}
}

// Clients that do not receive their pages hold memory. Those of one blog take none from others.
func TestSlowReadersOfLargePosts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Spec(name))
		saveLarge(p, name)
		p.Save(name, post.Document{Title: "Small", Content: "Text"})
	}
	stall := func() { p.Stall(http.MethodGet, "alice.example.com", "/large/", nil) } // more than the kernel buffers
	for range 4 {                                                                    // of the seven or eight that it takes
		stall()
	}
	p.Wait("too many pages of alice wait for their readers", func() error {
		stall()
		if got := p.Get("alice.example.com", "/large/"); got.Status != http.StatusTooManyRequests {
			return fmt.Errorf("the page answers %d", got.Status)
		}
		return nil
	})
	// The last pages may still be using the connections that one blog may have.
	p.Wait("a small page of alice is served", func() error {
		if got := p.Get("alice.example.com", "/small/"); got.Status != http.StatusOK {
			return fmt.Errorf("the page answers %d", got.Status)
		}
		return nil
	})
	for _, path := range []string{"/", "/large/", "/feed.xml"} {
		p.Get("bob.example.com", path).Want(t, http.StatusOK, "bob")
	}
}
