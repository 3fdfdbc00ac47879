package reader_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

const dataStart = `<script type="application/ld+json">`

// dataOf returns what a page says about its post for search engines.
func dataOf(t *testing.T, page blogtest.Response) (data map[string]any) {
	t.Helper()
	_, text, found := strings.Cut(page.Body, dataStart)
	text, _, ended := strings.Cut(text, "</script>\n")
	if !found || !ended || strings.Count(page.Body, "<script") != 1 {
		t.Fatalf("the page has no data, or scripts:\n%s", page.Body)
	}
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return data
}

func TestDataForSearchEngines(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	const hostile = `</script><script>alert("1")</script> <!--`
	p.Save("alice", post.Document{
		Title: hostile, Slug: "title", Author: hostile, Content: "Words.", Tags: []string{"Letters", hostile[:20]}, Cover: "/media/lamp.jpg", Language: "de",
	})
	p.Save("alice", post.Document{Title: "Plain", Content: "Words."})
	p.Save("alice", post.Document{Title: "A page", Content: "Words.", Page: true})
	p.Save("alice", post.Document{Title: "Unlisted", Content: "Words.", Unlisted: true})
	want := map[string]any{
		"@context": "https://schema.org", "@type": "BlogPosting", "headline": hostile, "mainEntityOfPage": "http://alice.example.com:8000/title/",
		"datePublished": "2027-01-10T12:00:00Z", "dateModified": "2027-01-10T12:00:00Z", "description": "Words.", "image": "http://alice.example.com:8000/media/lamp.jpg",
		"inLanguage": "de", "keywords": []any{"Letters", hostile[:20]},
		"author": map[string]any{"@type": "Person", "name": hostile, "url": "http://alice.example.com:8000/"},
	}
	if diff := cmp.Diff(want, dataOf(t, p.Get("alice.example.com", "/title/"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	plain := dataOf(t, p.Get("alice.example.com", "/plain/"))
	if author, _ := plain["author"].(map[string]any); author["name"] != "Blog of alice" || plain["image"] != nil || plain["keywords"] != nil {
		t.Errorf("a post without an author: %v", plain)
	}
	for _, path := range []string{"/", "/a-page/", "/unlisted/", "/archive/", "/none/"} {
		wantNone(p, "alice.example.com", path, "<script")
	}
	saveSettings(p, "alice", settings.Settings{Hidden: true})
	p.Get("alice.example.com", "/plain/").Want(t, http.StatusOK, "alice", "noindex")
	wantNone(p, "alice.example.com", "/plain/", "<script")
}

// What a page says of its post as microformats is what it shows.
func TestMicroformats(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: `A "lamp"`, Slug: "lamp", Author: "Ann <3", Content: "Words.", Tags: []string{"Letters"}, Cover: "/media/lamp.jpg", Link: "https://example.org/?a&b"})
	p.Save("alice", post.Document{Slug: "note", Content: "Words."})
	p.Get("alice.example.com", "/lamp/").Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="ltr" lang="">`, `<data class="p-name" value="A &#34;lamp&#34;"></data>`,
		`<data class="p-author h-card" value="Ann &lt;3"></data>`, `<data class="u-url" value="/lamp/"></data>`, `<data class="u-bookmark-of" value="https://example.org/?a&amp;b"></data>`,
		`<data class="u-featured" value="/media/lamp.jpg"></data>`, `<data class="dt-published" value="2027-01-10T12:00:00Z"></data>`, `<data class="dt-updated" value="2027-01-10T12:00:00Z"></data>`,
		`<div class="prose e-content">`, `rel="tag" class="p-category"><bdi>Letters`)
	wantNone(p, "alice.example.com", "/note/", "p-name", "p-author", "u-featured", "u-bookmark-of")
}
