package blog_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

var entryTitle = regexp.MustCompile(`<h2><a href="/([^"/]+)/">`)

func slugs(page answer) []string {
	found := []string{}
	for _, match := range entryTitle.FindAllStringSubmatch(page.body, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestIndexIsPaged(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	for i := range 21 {
		p.save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Content: "Text", Date: start.Add(time.Duration(i-30) * time.Hour)})
	}
	numbers := func(from, to int) []string {
		list := []string{}
		for i := from; i >= to; i-- {
			list = append(list, fmt.Sprintf("post-%02d", i))
		}
		return list
	}
	tests := map[string]struct {
		path, canonical string
		want            []string
		newer, older    string
	}{
		"first":  {"/", "http://alice.example.com:8000/", numbers(20, 11), "", "/page/2/"},
		"second": {"/page/2/", "http://alice.example.com:8000/page/2/", numbers(10, 1), "/", "/page/3/"},
		"last":   {"/page/3/", "http://alice.example.com:8000/page/3/", numbers(0, 0), "/page/2/", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := p.get("alice.example.com", test.path)
			page.want(t, http.StatusOK, "alice", `<link rel="canonical" href="`+test.canonical+`">`)
			if diff := cmp.Diff(test.want, slugs(page)); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
			for rel, address := range map[string]string{"prev": test.newer, "next": test.older} {
				link := fmt.Sprintf(`<a href="%s" rel="%s">`, address, rel)
				if address != "" && !strings.Contains(page.body, link) || address == "" && strings.Contains(page.body, `rel="`+rel+`"`) {
					t.Errorf("link to %s: want %q in\n%s", rel, link, page.body)
				}
			}
		})
	}
	for _, path := range []string{"/page/4/", "/page/0/", "/page/-1/", "/page/02/", "/page/x/", "/page/99999999999999999999/", "/page/100001/"} {
		p.get("alice.example.com", path).want(t, http.StatusNotFound, "alice", "There is no such page")
	}
	p.get("alice.example.com", "/page/1/").wantRedirect(t, "/")
	p.get("alice.example.com", "/page/2").wantRedirect(t, "/page/2/")
}

func (a answer) wantRedirect(t *testing.T, to string) {
	t.Helper()
	if a.status != http.StatusMovedPermanently || a.header.Get("Location") != to {
		t.Errorf("status %d to %q, want 301 to %q", a.status, a.header.Get("Location"), to)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.save("alice", post.Document{Title: `A "title" & <more>`, Slug: "a-title", Author: "Alice <3", Content: "Hello **World**.", Date: start})

	page := p.get("alice.example.com", "/a-title/")
	page.want(t, http.StatusOK, "alice",
		"<h1>A &#34;title&#34; &amp; &lt;more&gt;</h1>",
		"<title>A &#34;title&#34; &amp; &lt;more&gt; · Blog of alice</title>",
		`<time datetime="2027-01-10T12:00:00Z">10 January 2027</time> · Alice &lt;3</p>`,
		"<p>Hello <strong>World</strong>.</p>",
		`<link rel="canonical" href="http://alice.example.com:8000/a-title/">`,
		`<meta name="description" content="Hello World.">`,
		`<html lang="en">`,
	)
	if strings.Contains(page.body, "Updated") {
		t.Errorf("a post that was not changed is shown as updated:\n%s", page.body)
	}
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice",
		`<h2><a href="/a-title/">A &#34;title&#34; &amp; &lt;more&gt;</a></h2>`, " · Alice &lt;3</p>\n<p>Hello World.</p>")

	p.clock.advance(48 * time.Hour)
	p.save("alice", post.Document{Title: "A title", Slug: "a-title", Content: "Changed."})
	p.waitFor("alice.example.com", "/a-title/", http.StatusOK).
		want(t, http.StatusOK, "alice", `Updated <time datetime="2027-01-12T12:00:00Z">12 January 2027</time>`)
}

func TestPathsThatAreNoPage(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	for _, path := range []string{
		"/none/", "/None/", "/a/b/", "/a/b", "/%00/", "/a%2fb/", "/" + strings.Repeat("a", 5000) + "/", "/favicon.ico", "/feed.xml/",
		"/%2f%2fexample.com", "/%2fexample", "/%5cexample.com", "/..%2f", "/wp-login.php",
	} {
		p.get("alice.example.com", path).want(t, http.StatusNotFound, "alice", "There is no such page", "Blog of alice", "noindex")
	}
	p.get("alice.example.com", "/none").wantRedirect(t, "/none/")
}

func TestEmptyBlog(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.get("alice.example.com", "/").want(t, http.StatusOK, "alice", "Nothing here yet", `<h1 class="site"><a href="/" aria-current="page">Blog of alice</a></h1>`)
	p.get("alice.example.com", "/page/2/").want(t, http.StatusNotFound, "alice")
	p.get("alice.example.com", "/robots.txt").want(t, http.StatusOK, "alice", "User-agent: *")
}

func TestDraftsAreNeverShown(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.save("alice", post.Document{Title: "Out", Content: "Text"})
	p.save("alice", post.Document{Title: "Secret draft", Content: "Text", Draft: true})
	p.save("alice", post.Document{Title: "Secret plan", Content: "Text", Date: start.Add(time.Hour)})

	for _, path := range []string{"/", "/feed.xml"} {
		if page := p.get("alice.example.com", path); strings.Contains(page.body, "Secret") || !strings.Contains(page.body, "Out") {
			t.Errorf("%s:\n%s", path, page.body)
		}
	}
	p.get("alice.example.com", "/secret-draft/").want(t, http.StatusNotFound, "alice")
	p.get("alice.example.com", "/secret-plan/").want(t, http.StatusNotFound, "alice")

	p.clock.advance(time.Hour)
	p.waitFor("alice.example.com", "/secret-plan/", http.StatusOK)
	p.get("alice.example.com", "/feed.xml").want(t, http.StatusOK, "alice", "Secret plan")
	p.get("alice.example.com", "/secret-draft/").want(t, http.StatusNotFound, "alice")
}

func TestAnswersOfEveryPage(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.save("alice", post.Document{Title: "Title", Content: "Text"})
	for _, path := range []string{"/", "/title/", "/feed.xml", "/robots.txt"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			page := p.get("alice.example.com", path)
			page.want(t, http.StatusOK, "alice")
			for name, want := range map[string]string{
				"Cache-Control":          "no-cache",
				"X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' https: data:; " +
					"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			} {
				if got := page.header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}

			head := p.do(http.MethodHead, "alice.example.com", path, nil)
			head.want(t, http.StatusOK, "alice")
			if head.body != "" || head.header.Get("Content-Length") != fmt.Sprint(len(page.body)) {
				t.Errorf("HEAD: %d bytes, Content-Length %s, want none and %d", len(head.body), head.header.Get("Content-Length"), len(page.body))
			}

			etag := page.header.Get("Etag")
			for _, known := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
				again := p.do(http.MethodGet, "alice.example.com", path, http.Header{"If-None-Match": {known}})
				again.want(t, http.StatusNotModified, "alice")
			}
			other := p.do(http.MethodGet, "alice.example.com", path, http.Header{"If-None-Match": {`"other"`}})
			other.want(t, http.StatusOK, "alice")

			post := p.do(http.MethodPost, "alice.example.com", path, nil)
			post.want(t, http.StatusMethodNotAllowed, "alice", "This page can only be read")
			if allow := post.header.Get("Allow"); allow != "GET, HEAD" {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

func TestAssetsAreKept(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	page := p.get("unknown.example.com", "/")
	sheet := regexp.MustCompile(`<link rel="stylesheet" href="(/assets/theme\.[0-9a-f]{16}\.css)">`).FindStringSubmatch(page.body)
	if sheet == nil {
		t.Fatalf("no style sheet in\n%s", page.body)
	}
	got := p.get("unknown.example.com", sheet[1])
	got.want(t, http.StatusOK, "", "prefers-color-scheme")
	if kept := got.header.Get("Cache-Control"); kept != "public, max-age=31536000, immutable" || got.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("Cache-Control %q, Content-Type %q", kept, got.header.Get("Content-Type"))
	}
	// The page of a replica of another version.
	got = p.get("unknown.example.com", "/assets/theme.0123456789abcdef.css")
	got.want(t, http.StatusOK, "", "prefers-color-scheme")
	if kept := got.header.Get("Cache-Control"); kept != "no-cache" {
		t.Errorf("Cache-Control of another version: %q", kept)
	}
	p.get("unknown.example.com", "/assets/none.0123456789abcdef.css").want(t, http.StatusNotFound, "")
	p.get("unknown.example.com", "/assets/theme.css").want(t, http.StatusNotFound, "")
}
