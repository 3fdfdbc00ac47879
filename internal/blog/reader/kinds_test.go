package reader_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
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
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", `<a href="/2027-01-10-1200/"><bdi dir="ltr" lang="">A thought.</bdi></a>`, `<a href="/2027-01-10-1201/"><bdi dir="ltr" lang="">9 January 2027</bdi></a>`)
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
		`<link rel="canonical" href="https://example.org/first?a&amp;b">`, `<article class="post h-entry" dir="ltr" lang="de">`)
}

// The title of a link post leads to what it is about, in lists and on its page. Its date leads to the page.
func TestLinkPosts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Titled", Content: "Words.", Link: "https://example.org/?a&b"})
	p.Save("alice", post.Document{Slug: "note", Content: "[A lamp](https://example.org/lamp) that turns.", Date: blogtest.Start.AddDate(0, 0, -1)})
	p.Save("alice", post.Document{Title: "Other", Content: "Words with a [link](https://example.org/other).", Date: blogtest.Start.AddDate(0, 0, -2)})
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice",
		`<h2><a href="https://example.org/?a&amp;b" class="link"><bdi dir="ltr" lang="">Titled</bdi></a></h2>`, `<a href="/titled/" lang="en"><time datetime="2027-01-10T12:00:00Z">10 January 2027</time></a>`,
		`<li><a href="https://example.org/lamp" class="link"><bdi dir="ltr" lang="">A lamp that turns.</bdi></a> <a href="/note/" lang="en"><time`, `<li><a href="/other/"><bdi dir="ltr" lang="">Other</bdi></a>`)
	p.Get("alice.example.com", "/titled/").Want(t, http.StatusOK, "alice", `<h1><a href="https://example.org/?a&amp;b">Titled</a></h1>`)
	p.Get("alice.example.com", "/other/").Want(t, http.StatusOK, "alice", "<h1>Other</h1>")
	f := readFeed(p, "alice.example.com")
	wantLink(t, f.Entries[0].Links, "alternate", "http://alice.example.com:8000/titled/")
	wantLink(t, f.Entries[0].Links, "related", "https://example.org/?a&b")
	wantLink(t, f.Entries[1].Links, "related", "https://example.org/lamp")
	if len(f.Entries[2].Links) != 1 {
		t.Errorf("the links of a post that is about nothing else: %v", f.Entries[2].Links)
	}
}

// Lists show the excerpt, or the text before <!--more-->, and the page the whole text.
func TestExcerpts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Marked", Content: "Before the mark.\n\n<!--more-->\n\nAfter the mark."})
	p.Save("alice", post.Document{Title: "Given", Content: "Text of the post.\n\n<!--more-->\n\nMore.", Excerpt: "Words for <lists>."})
	list := p.Get("alice.example.com", "/")
	list.Want(t, http.StatusOK, "alice", ">Words for &lt;lists&gt;.</p>")
	saveSettings(p, "alice", settings.Settings{Theme: "strand"})
	list = p.Get("alice.example.com", "/")
	list.Want(t, http.StatusOK, "alice", ">Before the mark.</p>", ">Words for &lt;lists&gt;.</p>")
	for _, part := range []string{"After the mark", "Text of the post"} {
		if strings.Contains(list.Body, part) {
			t.Errorf("the list has %q", part)
		}
	}
	p.Get("alice.example.com", "/marked/").Want(t, http.StatusOK, "alice", "<p>Before the mark.</p>", "<p>After the mark.</p>")
	p.Get("alice.example.com", "/given/").Want(t, http.StatusOK, "alice", "<p>Text of the post.</p>", `content="Words for &lt;lists&gt;."`)
}

func TestPinnedPostsAndTags(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Old", Content: "Text", Pinned: true, Date: blogtest.Start.AddDate(-1, 0, 0), Tags: []string{"Letters", "أدب"}})
	p.Save("alice", post.Document{Title: "Recent", Content: "Text"})
	list := p.Get("alice.example.com", "/")
	list.Want(t, http.StatusOK, "alice", `<p class="meta" lang="en">Pinned · <time datetime="2026-01-10T12:00:00Z">`)
	if got := strings.Join(slugs(list), " "); got != "old recent" || strings.Count(list.Body, "Pinned") != 1 {
		t.Errorf("the list is %s:\n%s", got, list.Body)
	}
	p.Get("alice.example.com", "/old/").Want(t, http.StatusOK, "alice", `<ul class="tags">`+"\n"+`<li lang=""><a href="/tag/letters/" rel="tag" class="p-category"><bdi>Letters</bdi></a></li>`+"\n"+
		`<li lang=""><a href="/tag/%D8%A3%D8%AF%D8%A8/" rel="tag" class="p-category"><bdi>أدب</bdi></a></li>`)
	if page := p.Get("alice.example.com", "/recent/"); strings.Contains(page.Body, "tags") {
		t.Errorf("a post without tags has a list of them:\n%s", page.Body)
	}
	f := readFeed(p, "alice.example.com")
	if f.Entries[0].Title != "Recent" || len(f.Entries[1].Categories) != 2 || f.Entries[1].Categories[0].Term != "Letters" {
		t.Errorf("the feed is by date, with tags: %+v", f.Entries)
	}
}

// The cover is on the page, and in previews of links, which need a whole address.
func TestCover(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Ours", Content: "Text", Description: "About it.", Cover: "/media/lamp.jpg", CoverAlt: `A "lamp"`})
	p.Save("alice", post.Document{Title: "Elsewhere", Content: "Text", Cover: "https://example.org/a.jpg?b&c"})
	p.Save("alice", post.Document{Title: "None", Content: "Text"})
	p.Get("alice.example.com", "/ours/").Want(t, http.StatusOK, "alice", `<img class="cover" src="/media/lamp.jpg" alt="A &#34;lamp&#34;">`,
		`<meta property="og:image" content="http://alice.example.com:8000/media/lamp.jpg">`, `<meta property="og:image:alt" content="A &#34;lamp&#34;">`,
		`<meta property="og:type" content="article">`, `<meta property="og:title" content="Ours">`, `<meta property="og:site_name" content="Blog of alice">`,
		`<meta property="og:url" content="http://alice.example.com:8000/ours/">`, `<meta property="og:description" content="About it.">`,
		`<meta property="article:published_time" content="2027-01-10T12:00:00Z">`)
	p.Get("alice.example.com", "/elsewhere/").Want(t, http.StatusOK, "alice", `<img class="cover" src="https://example.org/a.jpg?b&amp;c" alt="">`,
		`<meta property="og:image" content="https://example.org/a.jpg?b&amp;c">`)
	if page := p.Get("alice.example.com", "/none/"); strings.Contains(page.Body, "cover") || strings.Contains(page.Body, "og:image") {
		t.Errorf("a post without a cover:\n%s", page.Body)
	}
}

// A footnote is a note on the page and in the feed, and in neither a mark in the list.
func TestFootnotes(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Words.[^1]\n\n[^1]: A note."})
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", `<sup id="fnref:1"><a href="#fn:1" role="doc-noteref">1</a></sup>`, `<li id="fn:1">`, "A note.")
	list := p.Get("alice.example.com", "/")
	list.Want(t, http.StatusOK, "alice", ">Words.</p>")
	entry := readFeed(p, "alice.example.com").Entries[0]
	if entry.Summary != "Words." || !strings.Contains(entry.Content.Text, "A note.") || strings.Contains(list.Body+entry.Content.Text, "[^1]") {
		t.Errorf("the entry of the feed: %+v", entry)
	}
}

// The direction of a post is on its page, in the list and in the feed, whatever that of the blog is.
func TestDirectionInEveryList(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "مرحبا", Slug: "marhaba", Content: "نص.", Tags: []string{"أدب"}})
	p.Save("alice", post.Document{Title: "Hello", Content: "Text.", Date: blogtest.Start.AddDate(0, 0, -1)})
	for _, language := range []string{"", "fa", "de"} {
		saveSettings(p, "alice", settings.Settings{Language: language})
		latin := map[string]string{"de": "de"}[language] // Persian does not have Latin letters
		p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", `<h2><a href="/marhaba/"><bdi dir="rtl" lang="ar">مرحبا</bdi></a></h2>`,
			`<li><a href="/hello/"><bdi dir="ltr" lang="`+latin+`">Hello</bdi></a>`)
		p.Get("alice.example.com", "/marhaba/").Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="rtl" lang="ar">`)
		f := readFeed(p, "alice.example.com")
		if f.Entries[0].Language != "ar" || f.Entries[0].Content.Text != "<div dir=\"rtl\">\n<p>نص.</p>\n</div>\n" || f.Entries[1].Content.Text != "<p>Text.</p>\n" {
			t.Errorf("the entries of the feed: %+v", f.Entries)
		}
	}
}

// An Arabic title of an English text, and the reverse, have a direction of their own, and so does an excerpt, in lists, on pages and in
// the feed.
func TestTextInAnotherDirectionThanItsTitle(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "كتاب", Slug: "english", Content: "English text."})
	p.Save("alice", post.Document{Title: "Book", Slug: "arabic", Content: "ملاحظات من غرفة المصباح.", Date: blogtest.Start.AddDate(0, 0, -1)})
	p.Save("alice", post.Document{Title: "كتاب", Slug: "excerpt", Content: "iPhone: ملاحظات من غرفة المصباح.", Excerpt: `Notes, "short".`, Date: blogtest.Start.AddDate(0, 0, -2)})
	p.Save("alice", post.Document{Title: "Said", Content: "English text.", Language: "ar", Date: blogtest.Start.AddDate(0, 0, -3)})
	saveSettings(p, "alice", settings.Settings{Theme: "strand"})
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice",
		`<a href="/english/"><bdi dir="rtl" lang="">كتاب</bdi>`, `<p class="excerpt" dir="ltr" lang="">English text.</p>`,
		`<a href="/arabic/"><bdi dir="ltr" lang="ar">Book</bdi>`, `<p class="excerpt" dir="rtl" lang="ar">ملاحظات من غرفة المصباح.</p>`,
		`<a href="/excerpt/"><bdi dir="rtl" lang="ar">`, `<p class="excerpt" dir="ltr" lang="ar">Notes, &#34;short&#34;.</p>`,
		`<a href="/said/"><bdi dir="ltr" lang="ar">Said</bdi>`, `<p class="excerpt" dir="ltr" lang="ar">English text.</p>`)
	p.Get("alice.example.com", "/english/").Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="ltr" lang="">`, `<h1 dir="rtl">كتاب</h1>`)
	p.Get("alice.example.com", "/arabic/").Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="rtl" lang="ar">`, `<h1 dir="ltr">Book</h1>`)
	p.Get("alice.example.com", "/excerpt/").Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="rtl" lang="ar">`, "<h1>كتاب</h1>")
	p.Get("alice.example.com", "/feed.xml").Want(t, http.StatusOK, "alice", `<summary type="text">English text.</summary>`,
		`<summary type="html">&lt;p dir=&#34;ltr&#34;&gt;Notes, &amp;#34;short&amp;#34;.&lt;/p&gt;</summary>`)
	for i, want := range []string{"<p>English text.</p>\n", "<div dir=\"rtl\">\n<p>ملاحظات من غرفة المصباح.</p>\n</div>\n"} {
		if got := readFeed(p, "alice.example.com").Entries[i].Content.Text; got != want {
			t.Errorf("the content in the feed is %q, want %q", got, want)
		}
	}
}

// No field that an author fills in becomes markup on a page for readers.
func TestFieldsAreEscaped(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	const hostile = `"'><img src=x onerror=alert(1)>`
	spec := blogtest.Spec("alice")
	spec.DisplayName = hostile
	p.Create(spec)
	p.Save("alice", post.Document{
		Title: hostile, Slug: "title", Author: hostile, Content: "Text", Excerpt: hostile, Description: hostile, CoverAlt: hostile, Tags: []string{hostile},
		Cover: `https://example.org/a.jpg?"'><img>`, Link: `https://example.org/?"'><img>`, CanonicalURL: `https://example.org/c?"'><img>`, Pinned: true,
	})
	p.Save("alice", post.Document{Title: hostile, Slug: "a-page", Content: "Text", Page: true})
	saveSettings(p, "alice", settings.Settings{
		Tagline: hostile, Author: hostile, AuthorPicture: `https://example.org/b.jpg?"'><img>`, About: hostile, Footer: hostile,
		Navigation: []settings.NavigationLink{{Label: hostile, Address: `https://example.org/n?"'><img>`}}, RelMe: []string{`https://example.org/me?"'><img>`},
	})
	for path, images := range map[string]int{"/": 1, "/title/": 1, "/a-page/": 0} {
		page := p.Get("alice.example.com", path)
		page.Want(t, http.StatusOK, "alice", "&lt;img src=x onerror=alert(1)&gt;")
		document, err := html.Parse(strings.NewReader(page.Body))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for node := range document.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			for _, attribute := range node.Attr {
				if strings.HasPrefix(attribute.Key, "on") {
					t.Errorf("%s: <%s> has %s", path, node.Data, attribute.Key)
				}
			}
			if node.Data == "img" && !inside(node, "prose") {
				found++
			}
		}
		if found != images {
			t.Errorf("%s has %d pictures, want %d:\n%s", path, found, images, page.Body)
		}
	}
	readFeed(p, "alice.example.com")
}

// inside reports whether an element is in another one with a class.
func inside(node *html.Node, class string) bool {
	for parent := range node.Ancestors() {
		for _, attribute := range parent.Attr {
			if attribute.Key == "class" && attribute.Val == class {
				return true
			}
		}
	}
	return false
}
