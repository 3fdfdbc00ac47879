package reader_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Spec(name))
	}
	p.Save("alice", post.Document{Title: "Frost & <b>", Slug: "frost", Content: "The *garden* <b>is</b> white.\n\n" + strings.Repeat("word ", 100) + "Frosty & `<cold>`.", Date: blogtest.Start.AddDate(0, 0, -1)})
	p.Save("alice", post.Document{Title: "京都", Slug: "kyoto", Content: "東京タワー"})
	p.Save("alice", post.Document{Title: "About frost", Content: "Text", Page: true})
	p.Save("bob", post.Document{Title: "Secret frost of Bob", Content: "Text"})
	saveSecrets(p, "alice", "frost", "Frost of 京都")
	find := func(query string) blogtest.Response {
		return p.Get("alice.example.com", "/search/?q="+url.QueryEscape(query))
	}

	empty := p.Get("alice.example.com", "/search/")
	empty.Want(t, http.StatusOK, "alice", "<h1>Search</h1>", `<form class="search" role="search" action="/search/">`, `name="q"`, `value="">`, `<meta name="robots" content="noindex">`,
		`<a href="/search/" aria-current="page">Search</a>`, "posts and pages with all of the words")
	if policy := empty.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self'") || empty.Header.Get("X-Robots-Tag") != "noindex" {
		t.Errorf("policy %q, X-Robots-Tag %q", policy, empty.Header.Get("X-Robots-Tag"))
	}
	frost := find("FROST")
	frost.Want(t, http.StatusOK, "alice", `<title>Search: FROST · Blog of alice</title>`, `value="FROST">`, `<p role="status">2 posts, the best first.</p>`,
		`<h2><a href="/frost/"><bdi><mark>Frost</mark> &amp; &lt;b&gt;</bdi></a></h2>`, "…word ", "word <mark>Frost</mark>y &amp; &lt;cold&gt;.", "About <mark>frost</mark>")
	find("garden white").Want(t, http.StatusOK, "alice", `<p role="status">1 post.</p>`, "<p>The <mark>garden</mark> is <mark>white</mark>. word")
	find("東京").Want(t, http.StatusOK, "alice", "<p><mark>東京</mark>タワー</p>", "of the newest 1000 posts")
	find(`"><script>alert(1)</script>`).Want(t, http.StatusOK, "alice", "No post has all of these words.", "value=\"&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"")
	p.Get("alice.example.com", "/search/?q=%00%ff%27").Want(t, http.StatusOK, "alice", "Search")
	p.Get("alice.example.com", "/search").WantRedirect(t, "/search/")
	for _, query := range []string{"frost", "京都", "secret", "bob"} {
		if page := find(query); strings.Contains(page.Body, "Secret") {
			t.Errorf("%s finds\n%s", query, page.Body)
		}
	}
	p.Clock.Advance(time.Hour)
	p.WaitText("alice.example.com", "/search/?q=secret", []string{"scheduled", "1 post."}, nil)
	p.Get("alice.example.com", "/robots.txt").Want(t, http.StatusOK, "alice", "Disallow: /search/\n")
}
