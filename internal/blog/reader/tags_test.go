package reader_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// saveSecrets adds posts that no list for readers has, each with "Secret" in its title, a tag, and a word of its text.
func saveSecrets(p *blogtest.Platform, tenant, tag, word string) {
	p.T.Helper()
	at := blogtest.Start.AddDate(0, 0, -3)
	for _, document := range []post.Document{
		{Title: "Secret draft", Draft: true, Date: at}, {Title: "Secret unlisted", Unlisted: true, Date: at}, {Title: "Secret scheduled", Date: blogtest.Start.Add(time.Hour)},
		{Title: "Secret trash", Date: at},
	} {
		document.Tags, document.Content = []string{tag}, word
		p.Save(tenant, document)
	}
	p.Exec(`UPDATE ` + tenant + `.posts SET deleted_at = updated_at, draft_date = published_at, published_at = NULL WHERE slug = 'secret-trash'`)
}

// wantNone fails the test if a page has a text.
func wantNone(p *blogtest.Platform, host, path string, texts ...string) {
	p.T.Helper()
	page := p.Get(host, path)
	for _, text := range texts {
		if strings.Contains(page.Body, text) {
			p.T.Errorf("%s%s has %q:\n%s", host, path, text, page.Body)
		}
	}
}

func TestTagPages(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Spec(name))
	}
	for i := range 12 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Content: "Text", Tags: []string{"Letters & <b>"}, Date: blogtest.Start.Add(time.Duration(i-30) * time.Hour)})
	}
	p.Save("alice", post.Document{Title: "Qasida", Content: "Text", Tags: []string{"أدب", "a/b"}, Date: blogtest.Start.AddDate(0, 0, -9)})
	p.Save("bob", post.Document{Title: "Secret of Bob", Content: "Text", Tags: []string{"Letters & <b>", "Bobs"}})
	saveSecrets(p, "alice", "Letters & <b>", "Text")

	const path = "/tag/letters%20&%20%3Cb%3E/"
	first := p.Get("alice.example.com", path)
	first.Want(t, http.StatusOK, "alice", "<h1>Tag: <bdi lang=\"\">Letters &amp; &lt;b&gt;</bdi></h1>", `<title>Tag: Letters &amp; &lt;b&gt; · Blog of alice</title>`,
		`<link rel="canonical" href="http://alice.example.com:8000/tag/letters%20&amp;%20%3Cb%3E/">`,
		`<link rel="alternate" type="application/atom+xml" title="Blog of alice · Letters &amp; &lt;b&gt; (Atom)" href="/tag/letters%20&amp;%20%3Cb%3E/feed.xml">`,
		`<a href="/tag/letters%20&amp;%20%3Cb%3E/page/2/" rel="next">Older posts</a>`)
	if got := slugs(first); len(got) != 10 || got[0] != "post-11" {
		t.Errorf("the first page has %v", got)
	}
	second := p.Get("alice.example.com", path+"page/2/")
	second.Want(t, http.StatusOK, "alice", "</bdi>, page 2</h1>", `<a href="`+strings.ReplaceAll(path, "&", "&amp;")+`" rel="prev">Newer posts</a>`)
	if got := strings.Join(slugs(second), " "); got != "post-01 post-00" {
		t.Errorf("the second page has %s", got)
	}
	p.Get("alice.example.com", "/post-01/").Want(t, http.StatusOK, "alice", `<a href="`+strings.ReplaceAll(path, "&", "&amp;")+`" rel="tag" class="p-category"><bdi>Letters &amp; &lt;b&gt;</bdi></a>`)
	p.Get("alice.example.com", "/tag/%D8%A3%D8%AF%D8%A8/").Want(t, http.StatusOK, "alice", "Qasida")
	p.Get("alice.example.com", "/tag/a%2Fb/").Want(t, http.StatusOK, "alice", "Qasida")
	p.Get("alice.example.com", "/tag/A%2FB/").Want(t, http.StatusOK, "alice", "Qasida", `<link rel="canonical" href="http://alice.example.com:8000/tag/a%2Fb/">`)
	p.Get("alice.example.com", path+"page/1/").WantRedirect(t, "/tag/letters%20&%20%3Cb%3E/")
	p.Get("alice.example.com", "/tag/letters").WantRedirect(t, "/tag/letters/")
	p.Get("alice.example.com", "/tag/").WantRedirect(t, "/tags/")
	for _, none := range []string{"/tag/letters/", "/tag/bobs/", path + "page/3/", path + "page/0/", "/tag/%00/", "/tag/%ff/", "/tag/%23a/", "/tag/" + strings.Repeat("a", 51) + "/", "/tag/none/feed.xml"} {
		p.Get("alice.example.com", none).Want(t, http.StatusNotFound, "alice", "There is nothing at this address")
	}
	p.Get("alice.example.com", "/tags/").Want(t, http.StatusOK, "alice", "<li><a href=\""+strings.ReplaceAll(path, "&", "&amp;")+"\" rel=\"tag\"><bdi lang=\"\">Letters &amp; &lt;b&gt;</bdi></a> 12</li>")
	p.Get("bob.example.com", "/tags/").Want(t, http.StatusOK, "bob", "Bobs")
	for _, page := range []string{path, path + "page/2/", "/tags/", path + "feed.xml", path + "rss.xml", path + "feed.json"} {
		wantNone(p, "alice.example.com", page, "Secret", "Bobs")
	}
	p.Clock.Advance(time.Hour)
	p.WaitText("alice.example.com", path, []string{"Secret scheduled"}, []string{"Secret draft"})
}

// The feeds of a tag are valid, and other feeds than that of the blog, with the same entries.
func TestFeedsOfTags(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "One", Content: "Text", Tags: []string{"Ärger & Öl"}})
	p.Save("alice", post.Document{Title: "Two", Content: "Text", Tags: []string{"b"}})
	for file := range feedTypes {
		f, whole := openFeed(p, "alice.example.com", "/tag/%C3%A4rger%20&%20%C3%B6l/"+file), openFeed(p, "alice.example.com", "/"+file)
		if len(f.Items) != 1 || f.Items[0].Title != "One" || f.Title != "Blog of alice · ärger & öl" || f.Link != "http://alice.example.com:8000/tag/%C3%A4rger%20&%20%C3%B6l/" ||
			f.Items[0].GUID != whole.Items[0].GUID && f.Items[0].GUID != whole.Items[1].GUID {
			t.Errorf("%s: %+v", file, f)
		}
	}
	atom := p.Get("alice.example.com", "/tag/b/feed.xml").Body
	id := func(feed string) string { return feed[strings.Index(feed, "<id>"):strings.Index(feed, "</id>")] }
	if id(atom) == id(p.Get("alice.example.com", "/feed.xml").Body) {
		t.Errorf("the feed of a tag has the id of that of the blog, %s", id(atom))
	}
	p.Get("alice.example.com", "/tag/B/rss.xml").Want(t, http.StatusOK, "alice", `href="http://alice.example.com:8000/tag/b/rss.xml"`)
}

func TestArchive(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Spec(name))
	}
	p.Get("alice.example.com", "/archive/").Want(t, http.StatusOK, "alice", "Nothing here yet")
	p.Get("alice.example.com", "/tags/").Want(t, http.StatusOK, "alice", "No post has a tag yet.")
	p.Save("alice", post.Document{Title: "Eve", Content: "Text", Date: time.Date(2024, 12, 31, 22, 59, 59, 0, time.UTC)})
	p.Save("alice", post.Document{Title: "Neujahr", Content: "Text", Date: time.Date(2024, 12, 31, 23, 0, 0, 0, time.UTC), Language: "de", Pinned: true})
	p.Save("alice", post.Document{Title: "Sommer <3", Slug: "sommer", Content: "Text", Date: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)})
	p.Save("alice", post.Document{Title: "A page", Content: "Text", Page: true, Date: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)})
	p.Save("bob", post.Document{Title: "Secret of Bob", Content: "Text"})
	saveSecrets(p, "alice", "a", "Text")
	saveSettings(p, "alice", settings.Settings{TimeZone: "Europe/Berlin"})

	p.Get("alice.example.com", "/archive/").Want(t, http.StatusOK, "alice", "<h1>Archive</h1>",
		"<li><a href=\"/archive/2025/\">2025</a> 2</li>\n<li><a href=\"/archive/2024/\">2024</a> 1</li>\n", `<a href="/tags/">All tags</a>`,
		`<time datetime="2025-07-01T02:00:00+02:00">`, "Sommer &lt;3</bdi></a>", ">Neujahr</bdi></a>", `<link rel="canonical" href="http://alice.example.com:8000/archive/">`,
		`<a href="/archive/" aria-current="page">Archive</a>`)
	p.Get("alice.example.com", "/archive/2024/").Want(t, http.StatusOK, "alice", "<h1>Posts of 2024</h1>", ">Eve</bdi>")
	p.Get("alice.example.com", "/archive/2025").WantRedirect(t, "/archive/2025/")
	p.Get("alice.example.com", "/archive/2025/page/1/").WantRedirect(t, "/archive/2025/")
	for _, none := range []string{"/archive/2023/", "/archive/0/", "/archive/02025/", "/archive/x/", "/archive/99999/", "/archive/2025/page/2/"} {
		p.Get("alice.example.com", none).Want(t, http.StatusNotFound, "alice")
	}
	wantNone(p, "alice.example.com", "/archive/2024/", "Neujahr")
	for _, page := range []string{"/archive/", "/archive/2025/", "/archive/2027/"} {
		wantNone(p, "alice.example.com", page, "Secret", "Pinned")
	}

	p.Exec(`INSERT INTO bob.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
		SELECT 'post-' || n, 'Post ' || n, '', '', '', '', $1, $1, $1::timestamptz - n * interval '1 minute' FROM generate_series(1, 101) n`, blogtest.Start.AddDate(-3, 0, 0))
	year := p.Get("bob.example.com", "/archive/2024/")
	year.Want(t, http.StatusOK, "bob", `<a href="/archive/2024/page/2/" rel="next">Older posts</a>`, ">Post 100</bdi>")
	p.Get("bob.example.com", "/archive/2024/page/2/").Want(t, http.StatusOK, "bob", "<h1>Posts of 2024, page 2</h1>", ">Post 101</bdi>", `<a href="/archive/2024/" rel="prev">`)
}

// The pages that every blog has are at addresses that no post can have, and no post ever could.
func TestPagesHaveReservedAddresses(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"archive", "tag", "tags", "search", "feed", "sitemap", "page"} {
		document := post.Document{Title: "Title", Slug: slug, Content: "Text"}
		if document.Check() == nil || post.IsSlug(slug) || post.Slug(slug) == slug {
			t.Errorf("a post can be at /%s/", slug)
		}
	}
	for _, file := range []string{"feed.xml", "rss.xml", "feed.json", "sitemap.xml", "robots.txt"} {
		if post.IsSlug(file) {
			t.Errorf("a post can be at /%s", file)
		}
	}
}
