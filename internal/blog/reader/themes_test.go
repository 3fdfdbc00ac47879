package reader_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// savePosts stores an essay with a picture in its text, a note with a footnote, two links and a post with a cover, the newest first.
func savePosts(p *blogtest.Platform) {
	for i, d := range []post.Document{
		{Title: "Essay", Content: "Words.\n\n![A lamp](https://example.org/lamp.jpg \"Lit\")\n\n" + strings.Repeat("More words. ", 400), Tags: []string{"sea"}, Excerpt: "In short."},
		{Slug: "note", Content: "A *note*.[^1]\n\n[^1]: Whole."},
		{Slug: "link", Content: "[A `lamp`](https://www.example.org/a)\n\nWhat I think of it."},
		{Slug: "sentence", Content: "[Another](https://example.org/b) in a sentence."},
		{Title: "Cover", Content: "Words.", Cover: "/media/cover.jpg", Date: blogtest.Start.AddDate(-1, 0, 0)},
	} {
		if d.Date.IsZero() {
			d.Date = blogtest.Start.Add(-time.Duration(i) * time.Minute)
		}
		p.Save("alice", d)
	}
}

// Each theme shows the same posts in a layout of its own.
func TestThemes(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	savePosts(p)
	for name, want := range map[string][]string{
		"": {
			`/assets/folio.`, `<p class="meta" lang="en">The latest · <time datetime="2027-01-10T12:00:00Z">10 January 2027</time></p>`,
			">In short.</p>", `<h2 lang="en">2026</h2>`, `Cover</bdi></a> <time datetime="2026-01-10T12:00:00Z">10 January</time>`,
		},
		"strand": {
			`<b lang="">sea</b> <span><time datetime="2027-01-10T12:00:00Z">10 Jan 2027</time> <span class="minutes">4 min</span></span>`,
			`<img src="https://example.org/lamp.jpg" alt="">`, `<p class="excerpt" dir="ltr" lang="">In short.</p>`, `<article class="card text"`, `<img src="/media/cover.jpg" alt="" loading="lazy"`,
		},
		"ticker": {
			`<h2 lang="en">Today <small><time datetime="2027-01-10T00:00:00Z">10 Jan</time></small></h2>`, "<p>A <em>note</em>.", `<li id="note.fn:1">`, `href="#note.fn:1"`,
			`<h3><a class="link" href="https://www.example.org/a"><bdi>A lamp</bdi></a></h3>` + "\n" + `<div class="prose">` + "\n\n<p>What I think of it.</p>",
			`<time datetime="2027-01-10T11:58:00Z">11:58</time></a> <span>example.org</span>`, "</a> in a sentence.</p>", `<p class="excerpt" dir="ltr" lang="">In short.</p>`, `10 Jan 2026</time></small>`,
		},
		"darkroom": {`<article class="shot"`, `<img src="https://example.org/lamp.jpg" alt="">`, `<article class="shot words"`, `Jan 2026</time>`},
		"ribbon":   {`<time datetime="2027-01-10T12:00:00Z">2027-01-10</time>`, `<section class="year">`},
	} {
		saveSettings(p, "alice", settings.Settings{Theme: name, Accent: "teal"})
		page := p.Get("alice.example.com", "/")
		page.Want(t, http.StatusOK, "alice", append(want, `data-accent="teal"`, `/assets/`+theme.Find(name).Name+`.`)...)
		if strings.Count(page.Body, `rel="stylesheet"`) != 1 || strings.Count(page.Body, `rel="preload"`) != 1 || strings.Contains(page.Body, "<script") {
			t.Errorf("%s: the head of the page:\n%s", name, page.Body)
		}
		if got := strings.Join(slugsOf(page), " "); got != "cover essay link note sentence" {
			t.Errorf("%s: the page leads to %s", name, got)
		}
	}
}

// slugsOf returns the slugs that a page links to, in the order of the alphabet.
func slugsOf(page blogtest.Response) []string {
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(`href="/([a-z]+)/"`).FindAllStringSubmatch(page.Body, -1) {
		found[match[1]] = true
	}
	var slugs []string
	for _, slug := range []string{"cover", "essay", "link", "note", "sentence"} {
		if found[slug] {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// The style sheet and the fonts that it names can be cached forever.
func TestFilesOfThemes(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	page := p.Get("alice.example.com", "/")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "font-src 'self'") {
		t.Errorf("the policy is %s", policy)
	}
	style := regexp.MustCompile(`href="(/assets/folio\.[0-9a-f]+\.css)"`).FindStringSubmatch(page.Body)
	if style == nil {
		t.Fatalf("the page has no style sheet:\n%s", page.Body)
	}
	sheet := p.Get("alice.example.com", style[1])
	fonts := regexp.MustCompile(`url\((/assets/[^)]+)\)`).FindAllStringSubmatch(sheet.Body, -1)
	if len(fonts) != 4 {
		t.Errorf("the style sheet names %d fonts", len(fonts))
	}
	for _, font := range fonts {
		file := p.Get("alice.example.com", font[1])
		if file.Status != http.StatusOK || file.Header.Get("Content-Type") != "font/woff2" || !strings.Contains(file.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", font[1], file.Status, file.Header)
		}
	}
}

// Only the owner sees the list in other themes, inside the form of the settings.
func TestPreviewOfThemes(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	savePosts(p)
	b := p.LogIn("alice", "alice.example.com")
	for _, look := range theme.All() {
		page := b.Open("/?theme=" + look.Name + "&accent=violet")
		page.Want(t, http.StatusOK, "alice", "/assets/"+look.Name+".", `data-accent="violet"`, `<base target="_blank">`)
		policy := page.Header.Get("Content-Security-Policy")
		if page.Header.Get("X-Frame-Options") != "SAMEORIGIN" || !strings.Contains(policy, "frame-ancestors 'self'") || strings.Contains(page.Body, `class="owner"`) {
			t.Errorf("%s: %v\n%s", look.Name, page.Header, page.Body)
		}
	}
	for _, page := range []blogtest.Response{p.Get("alice.example.com", "/?theme=strand"), b.Open("/"), b.Open("/?theme=none")} {
		page.Want(t, http.StatusOK, "alice", "/assets/folio.")
		if page.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("the page can be framed: %v", page.Header)
		}
	}
}

// Error pages have the theme of the blog. One for an address without a post suggests the latest posts.
func TestThemeOfErrorPages(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	spec := blogtest.Spec("alice")
	p.Create(spec)
	savePosts(p)
	saveSettings(p, "alice", settings.Settings{Theme: "ribbon", Tagline: "Words"})
	p.Get("alice.example.com", "/none/").Want(t, http.StatusNotFound, "alice", "/assets/ribbon.", "There is nothing at this address", "Words", "Latest posts", `<a href="/essay/">`)
	p.Get("alice.example.com", "/media/none.jpg").Want(t, http.StatusNotFound, "alice", "There is nothing at this address")
	p.Proxy.Cut()
	p.Get("alice.example.com", "/essay/").Want(t, http.StatusServiceUnavailable, "alice", "/assets/ribbon.")
	p.Proxy.Restore()
}
