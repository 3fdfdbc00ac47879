package reader_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

var entryTitle = regexp.MustCompile(`<a href="/([^"/]+)/"(?: class="link")?><bdi dir`)

func slugs(page blogtest.Response) []string {
	found := []string{}
	for _, match := range entryTitle.FindAllStringSubmatch(page.Body, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestIndexIsPaged(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	for i := range 21 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Content: "Text", Date: blogtest.Start.Add(time.Duration(i-30) * time.Hour)})
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
			page := p.Get("alice.example.com", test.path)
			page.Want(t, http.StatusOK, "alice", `<link rel="canonical" href="`+test.canonical+`">`)
			if diff := cmp.Diff(test.want, slugs(page)); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
			for rel, address := range map[string]string{"prev": test.newer, "next": test.older} {
				link := fmt.Sprintf(`<a href="%s" rel="%s">`, address, rel)
				if address != "" && !strings.Contains(page.Body, link) || address == "" && strings.Contains(page.Body, `rel="`+rel+`"`) {
					t.Errorf("link to %s: want %q in\n%s", rel, link, page.Body)
				}
			}
		})
	}
	for _, path := range []string{"/page/4/", "/page/0/", "/page/-1/", "/page/02/", "/page/x/", "/page/99999999999999999999/", "/page/100001/"} {
		p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice", "There is nothing at this address")
	}
	p.Get("alice.example.com", "/page/1/").WantRedirect(t, "/")
	p.Get("alice.example.com", "/page/1/?utm=x").WantRedirect(t, "/?utm=x")
	p.Get("alice.example.com", "/page/2").WantRedirect(t, "/page/2/")
}

// A title in any script gives an address, and its script the direction.
func TestPostInArabic(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "مرحبا بالعالم", Content: "نص.[^1]\n\n[^1]: ملاحظة.", Date: blogtest.Start})
	const path = "/%D9%85%D8%B1%D8%AD%D8%A8%D8%A7-%D8%A8%D8%A7%D9%84%D8%B9%D8%A7%D9%84%D9%85/"
	p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="rtl" lang="ar">`, "<h1>مرحبا بالعالم</h1>",
		`<link rel="canonical" href="http://alice.example.com:8000`+path+`">`, `<li id="fn:1">`)
	p.Get("alice.example.com", strings.TrimSuffix(path, "/")+"?a=b").WantRedirect(t, path+"?a=b")
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", `<a href="`+path+`"><bdi dir="rtl" lang="ar">مرحبا بالعالم</bdi></a>`, ">نص.</p>")
	p.Get("alice.example.com", "/feed.xml").Want(t, http.StatusOK, "alice", `href="http://alice.example.com:8000`+path+`"`, "ملاحظة.")
}

func TestPost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: `A "title" & <more>`, Slug: "a-title", Author: "Alice <3", Content: "Hello **World**.", Date: blogtest.Start})

	page := p.Get("alice.example.com", "/a-title/")
	page.Want(t, http.StatusOK, "alice",
		"<article class=\"post h-entry\" dir=\"ltr\" lang=\"\">", "<h1>A &#34;title&#34; &amp; &lt;more&gt;</h1>",
		"<title>A &#34;title&#34; &amp; &lt;more&gt; · Blog of alice</title>",
		`<time datetime="2027-01-10T12:00:00Z">10 January 2027</time> · <bdi lang="">Alice &lt;3</bdi></p>`,
		"<p>Hello <strong>World</strong>.</p>",
		`<link rel="canonical" href="http://alice.example.com:8000/a-title/">`,
		`<meta name="description" content="Hello World.">`,
		`<html lang="en">`,
	)
	if strings.Contains(page.Body, "Updated") {
		t.Errorf("an unchanged post is shown as updated:\n%s", page.Body)
	}
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice",
		`<h2><a href="/a-title/"><bdi dir="ltr" lang="">A &#34;title&#34; &amp; &lt;more&gt;</bdi></a></h2>`, `<span class="by"><bdi lang="">Alice &lt;3</bdi></span></p>`, ">Hello World.</p>")

	p.Clock.Advance(48 * time.Hour)
	p.Save("alice", post.Document{Title: "A title", Slug: "a-title", Content: "Changed."})
	p.WaitFor("alice.example.com", "/a-title/", http.StatusOK).
		Want(t, http.StatusOK, "alice", `Updated <time datetime="2027-01-12T12:00:00Z">12 January 2027</time>`)
}

// A post in Arabic or Hebrew is shown from right to left, whatever the direction and the language of the page around it.
func TestDirectionOfPosts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	spec := blogtest.Spec("alice")
	spec.DisplayName = "مدونة"
	p.Create(spec)
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", `<p><bdi lang="">مدونة</bdi> has no posts yet.`)
	p.Save("alice", post.Document{Title: "שלום", Slug: "shalom", Author: "יעל", Content: "טקסט."})
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice",
		`<h1 class="site" dir="auto" lang=""><a href="/" aria-current="page">مدونة</a></h1>`,
		`<h2><a href="/shalom/"><bdi dir="rtl" lang="he">שלום</bdi></a></h2>`, `<bdi lang="">יעל</bdi>`, `<p class="standfirst" dir="rtl" lang="he">טקסט.</p>`,
		`<p><bdi lang="">مدونة</bdi> · `)
	p.Get("alice.example.com", "/shalom/").Want(t, http.StatusOK, "alice",
		`<p class="site" dir="auto" lang=""><a href="/">مدونة</a></p>`,
		`<article class="post h-entry" dir="rtl" lang="he">`, "<p class=\"meta\" lang=\"en\">", "<h1>שלום</h1>", `<bdi lang="">יעל</bdi>`, "<div class=\"prose e-content\">\n<p>טקסט.</p>")
}

func TestPathsWithoutPage(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	for _, path := range []string{
		"/none/", "/None/", "/a/b/", "/a/b", "/%00/", "/a%2fb/", "/" + strings.Repeat("a", 5000) + "/", "/favicon.ico", "/feed.xml/",
		"/%2f%2fexample.com", "/%2fexample", "/%5cexample.com", "/..%2f", "/none%2f", "/none%2F", "/page/2%2f", "/wp-login.php",
	} {
		p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice", "There is nothing at this address", "Blog of alice", "noindex")
	}
	p.Get("alice.example.com", "/none").WantRedirect(t, "/none/")
	p.Get("alice.example.com", "/none?utm_source=mail&utm=a%2F/b").WantRedirect(t, "/none/?utm_source=mail&utm=a%2F/b")
}

func TestEmptyBlog(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", "Nothing here yet", `<h1 class="site" dir="auto" lang=""><a href="/" aria-current="page">Blog of alice</a></h1>`)
	p.Get("alice.example.com", "/page/2/").Want(t, http.StatusNotFound, "alice")
	p.Get("alice.example.com", "/robots.txt").Want(t, http.StatusOK, "alice", "User-agent: *")
}

func TestDraftsAreNeverShown(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Out", Content: "Text"})
	p.Save("alice", post.Document{Title: "Secret draft", Content: "Text", Draft: true})
	p.Save("alice", post.Document{Title: "Secret plan", Content: "Text", Date: blogtest.Start.Add(time.Hour)})

	for _, path := range []string{"/", "/feed.xml"} {
		if page := p.Get("alice.example.com", path); strings.Contains(page.Body, "Secret") || !strings.Contains(page.Body, "Out") {
			t.Errorf("%s:\n%s", path, page.Body)
		}
	}
	p.Get("alice.example.com", "/secret-draft/").Want(t, http.StatusNotFound, "alice")
	p.Get("alice.example.com", "/secret-plan/").Want(t, http.StatusNotFound, "alice")

	p.Clock.Advance(time.Hour)
	p.WaitFor("alice.example.com", "/secret-plan/", http.StatusOK)
	p.Get("alice.example.com", "/feed.xml").Want(t, http.StatusOK, "alice", "Secret plan")
	p.Get("alice.example.com", "/secret-draft/").Want(t, http.StatusNotFound, "alice")
}

func TestHeadersOfEveryPage(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	for _, path := range []string{"/", "/title/", "/feed.xml", "/robots.txt"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			page := p.Get("alice.example.com", path)
			page.Want(t, http.StatusOK, "alice")
			for name, want := range map[string]string{
				"Cache-Control":          "no-cache",
				"X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; " +
					"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			} {
				if got := page.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}

			head := p.Do(http.MethodHead, "alice.example.com", path, nil)
			head.Want(t, http.StatusOK, "alice")
			if head.Body != "" || head.Header.Get("Content-Length") != fmt.Sprint(len(page.Body)) {
				t.Errorf("HEAD: %d bytes, Content-Length %s, want none and %d", len(head.Body), head.Header.Get("Content-Length"), len(page.Body))
			}

			etag := page.Header.Get("Etag")
			for _, known := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
				again := p.Do(http.MethodGet, "alice.example.com", path, http.Header{"If-None-Match": {known}})
				again.Want(t, http.StatusNotModified, "alice")
			}
			other := p.Do(http.MethodGet, "alice.example.com", path, http.Header{"If-None-Match": {`"other"`}})
			other.Want(t, http.StatusOK, "alice")

			post := p.Do(http.MethodPost, "alice.example.com", path, nil)
			post.Want(t, http.StatusMethodNotAllowed, "alice", "This page can only be read")
			if allow := post.Header.Get("Allow"); allow != "GET, HEAD" {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

func TestAssetsAreCached(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	page := p.Get("unknown.example.com", "/")
	sheet := regexp.MustCompile(`<link rel="stylesheet" href="(/assets/site\.[0-9a-f]{16}\.css)">`).FindStringSubmatch(page.Body)
	if sheet == nil {
		t.Fatalf("no style sheet in\n%s", page.Body)
	}
	got := p.Get("unknown.example.com", sheet[1])
	got.Want(t, http.StatusOK, "", "prefers-color-scheme")
	if kept := got.Header.Get("Cache-Control"); kept != "public, max-age=31536000, immutable" || got.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("Cache-Control %q, Content-Type %q", kept, got.Header.Get("Content-Type"))
	}
	// The page of a replica of another version.
	got = p.Get("unknown.example.com", "/assets/theme.0123456789abcdef.css")
	got.Want(t, http.StatusOK, "", "prefers-color-scheme")
	if kept := got.Header.Get("Cache-Control"); kept != "no-cache" {
		t.Errorf("Cache-Control of another version: %q", kept)
	}
	p.Get("unknown.example.com", "/assets/none.0123456789abcdef.css").Want(t, http.StatusNotFound, "")
	p.Get("unknown.example.com", "/assets/theme.css").Want(t, http.StatusNotFound, "")
}
