package reader_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// saveSettings replaces the settings of a blog.
func saveSettings(p *blogtest.Platform, tenant string, set settings.Settings) {
	p.T.Helper()
	store := settings.NewStore(tenant)
	stored, err := store.Load(p.T.Context(), p.Writer)
	if err == nil {
		_, err = store.Save(p.T.Context(), p.Writer, settings.SaveRequest{Settings: set, Base: stored.UpdatedAt, Now: p.Clock.Now()})
	}
	if err != nil {
		p.T.Fatal(err)
	}
	p.Await(tenant)
}

func TestSettingsOnPages(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Im Turm", Content: "Text", Date: time.Date(2027, 1, 9, 23, 30, 0, 0, time.UTC)})
	p.Save("alice", post.Document{Title: "שלום", Slug: "shalom", Content: "טקסט.", Date: blogtest.Start.AddDate(0, 0, -2)})
	saveSettings(p, "alice", settings.Settings{
		Tagline: `Words & <b>`, Author: "Ann <3", AuthorPicture: "/media/a.jpg", About: "I *am*.", Footer: "[The end](/end/) <script>alert(1)</script>", Language: "de", TimeZone: "Europe/Berlin",
		Navigation: []settings.NavigationLink{{Label: "Fotos & <i>", Address: "https://example.org/?a&b"}, {Label: "Post", Address: "mailto:ann@example.org"}},
		RelMe:      []string{"https://example.social/@ann", "https://example.org/ann"},
	})
	every := []string{
		`<html lang="de" dir="ltr">`, `<a class="skip" href="#page.content" lang="en">`, `<p class="tagline" dir="auto" lang="de">Words &amp; &lt;b&gt;</p>`,
		`<nav aria-label="Site" lang="en"><a href="https://example.org/?a&amp;b"><bdi lang="de">Fotos &amp; &lt;i&gt;</bdi></a>` + "\n" + `<a href="mailto:ann@example.org"><bdi lang="de">Post</bdi></a>`,
		`<link rel="me" href="https://example.social/@ann">` + "\n" + `<link rel="me" href="https://example.org/ann">`,
		`<div class="prose" dir="auto" lang="de">` + "\n" + `<p><a href="/end/">The end</a> `, `<p lang="en"><bdi lang="">Blog of alice</bdi> · Served by EchoBlogs</p>`,
	}
	home := p.Get("alice.example.com", "/")
	home.Want(t, http.StatusOK, "alice", append(every, `<meta name="description" content="Words &amp; &lt;b&gt;">`,
		// The day by the blog's clock. The text has no language of its own, or one by its script.
		`<bdi dir="ltr" lang="de">Im Turm</bdi>`, `<time datetime="2027-01-10T00:30:00+01:00">10 January 2027</time>`, `<bdi dir="rtl" lang="he">שלום</bdi>`,
		`<section class="about column h-card">`, `<img class="u-photo" src="/media/a.jpg" alt="" width="96" height="96" loading="lazy">`, `<h2 class="p-name" dir="auto" lang="">Ann &lt;3</h2>`, "<p>I <em>am</em>.</p>")...)
	entry := p.Get("alice.example.com", "/im-turm/")
	entry.Want(t, http.StatusOK, "alice", append(every, `<article class="post h-entry" dir="ltr" lang="de">`, `<time datetime="2027-01-10T00:30:00+01:00">10 January 2027</time>`,
		`<nav class="pages" aria-label="Pages" lang="en"><a href="/">All posts</a>`)...)
	if strings.Contains(home.Body+strings.Replace(entry.Body, dataStart, "", 1), "<script") || strings.Contains(entry.Body, "h-card") {
		t.Errorf("%s\n%s", home.Body, entry.Body)
	}
	f := readFeed(p, "alice.example.com")
	if f.Language != "de" || f.Subtitle != "Words & <b>" || f.Author != "Ann <3" || f.Entries[0].Language != "de" || f.Entries[1].Language != "he" {
		t.Errorf("the feed: %+v", f)
	}

	saveSettings(p, "alice", settings.Settings{Language: "ar"})
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", `<html lang="ar" dir="rtl">`)
	saveSettings(p, "alice", settings.Settings{})
	plain := p.Get("alice.example.com", "/")
	plain.Want(t, http.StatusOK, "alice", `<html lang="en">`, `<bdi dir="ltr" lang="">Im Turm</bdi>`, `<time datetime="2027-01-09T23:30:00Z">9 January 2027</time>`)
	for _, part := range []string{"tagline", "about", "rel=\"me\"", "Fotos", "noindex", "<div class=\"prose\""} {
		if strings.Contains(plain.Body, part) {
			t.Errorf("without settings, the page has %q:\n%s", part, plain.Body)
		}
	}
}

// A replica remembers only small settings, so that many blogs with large ones do not take its memory.
func TestLargeSettingsAreNotRemembered(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	for _, word := range []string{"first ", "second ", "third "} {
		saveSettings(p, "alice", settings.Settings{About: strings.Repeat(word, 700)})
		p.Clock.Advance(-time.Second) // which saveSettings has advanced for what is remembered
		p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", "<p>"+word)
	}
}

// The navigation has the blog's pages in their order, and then the links of the settings.
func TestNavigation(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Über mich", Slug: "uber-mich", Content: "Text", Page: true, Position: 2, Language: "de"})
	p.Save("alice", post.Document{Title: "مشاريع", Content: "نص", Page: true, Position: 1})
	p.Save("alice", post.Document{Title: "Soon", Content: "Text", Page: true, Date: blogtest.Start.Add(time.Hour)})
	p.Save("alice", post.Document{Title: "Draft page", Content: "Text", Page: true, Draft: true})
	p.Save("alice", post.Document{Title: "Unlisted page", Content: "Text", Page: true, Unlisted: true})
	saveSettings(p, "alice", settings.Settings{Navigation: []settings.NavigationLink{{Label: "About", Address: "/uber-mich/"}}})
	const arabic = "/%D9%85%D8%B4%D8%A7%D8%B1%D9%8A%D8%B9/"
	want := `<nav aria-label="Site"><a href="` + arabic + `"><bdi lang="ar">مشاريع</bdi></a>` + "\n" + `<a href="/uber-mich/"><bdi lang="de">Über mich</bdi></a>` + "\n" +
		`<a href="/uber-mich/"><bdi lang="">About</bdi></a>` + "\n" + `<a href="/archive/">Archive</a>` + "\n" + `<a href="/search/">Search</a>` + "\n" + `<a href="/feed/">Subscribe</a>` + "\n</nav>"
	p.WaitText("alice.example.com", "/", []string{want}, []string{"Soon", "Draft", "Unlisted"})
	p.Get("alice.example.com", arabic).Want(t, http.StatusOK, "alice", `<a href="`+arabic+`" aria-current="page"><bdi lang="ar">`)
	p.Clock.Advance(time.Hour)
	p.WaitText("alice.example.com", "/", []string{">Soon</bdi></a>"}, nil)

	// The owner sees a change at once.
	b := p.LogIn("alice", "alice.example.com")
	for i := range 3 {
		title := fmt.Sprintf("Page %d", i)
		p.Save("alice", post.Document{Title: title, Content: "Text", Page: true})
		b.Open("/").Want(t, http.StatusOK, "alice", title+"</bdi></a>")
	}
}

func TestPostsPerPage(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Create(blogtest.Spec("bob"))
	for i := range 12 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Content: "Text", Date: blogtest.Start.Add(time.Duration(i-30) * time.Hour)})
	}
	for _, size := range []int{5, 5, 50, 1, 0} {
		saveSettings(p, "alice", settings.Settings{PostsPerPage: size})
		if size == 0 {
			size = 10
		}
		var all []string
		for number := 1; len(all) < 12; number++ {
			path := "/"
			if number > 1 {
				path = fmt.Sprintf("/page/%d/", number)
			}
			page := slugs(p.Get("alice.example.com", path))
			if len(page) != min(size, 12-len(all)) {
				t.Fatalf("%s has %d posts of %d", path, len(page), size)
			}
			all = append(all, page...)
		}
		var want []string
		for i := 11; i >= 0; i-- {
			want = append(want, fmt.Sprintf("post-%02d", i))
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("with %d on each page (-want +got):\n%s", size, diff)
		}
		p.Get("alice.example.com", fmt.Sprintf("/page/%d/", (12+size-1)/size+1)).Want(t, http.StatusNotFound, "alice")
		p.Get("bob.example.com", "/").Want(t, http.StatusOK, "bob", "Nothing here yet")
	}
}

func TestExcerptsInFeed(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Short.\n\n<!--more-->\n\nLong."})
	for _, excerpts := range []bool{true, true, false, false} {
		saveSettings(p, "alice", settings.Settings{ExcerptsInFeed: excerpts})
		entry := readFeed(p, "alice.example.com").Entries[0]
		if whole := strings.Contains(entry.Content.Text, "Long."); whole == excerpts || entry.Summary != "Short." {
			t.Errorf("excerpts %t: %+v", excerpts, entry)
		}
	}
}

// Search engines are asked not to list the blog, and pictures cannot ask, so their folder is not for crawlers.
func TestHiddenFromSearchEngines(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	b := p.LogIn("alice", "alice.example.com")
	for _, hidden := range []bool{true, false} {
		saveSettings(p, "alice", settings.Settings{Hidden: hidden})
		want := map[bool]string{true: "noindex"}[hidden]
		for _, path := range []string{"/", "/title/", "/feed.xml", "/robots.txt"} {
			for _, page := range []blogtest.Response{p.Get("alice.example.com", path), b.Open(path)} {
				page.Want(t, http.StatusOK, "alice")
				if got := page.Header.Get("X-Robots-Tag"); got != want {
					t.Errorf("hidden %t, %s: X-Robots-Tag %q", hidden, path, got)
				}
				if isPage := strings.HasSuffix(path, "/"); isPage && strings.Contains(page.Body, `<meta name="robots" content="noindex">`) != hidden {
					t.Errorf("hidden %t, %s:\n%s", hidden, path, page.Body)
				}
			}
		}
		robots := p.Get("alice.example.com", "/robots.txt").Body
		if strings.Contains(robots, "Disallow: /media/\n") != hidden {
			t.Errorf("hidden %t:\n%s", hidden, robots)
		}
		if _, others, _ := strings.Cut(robots, "User-agent: *\n"); strings.Contains(others, "Disallow: /\n") {
			t.Errorf("search engines may not read that they are asked not to list the blog:\n%s", robots)
		}
	}
}

func TestAICrawlers(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	const group = "User-agent: AI2Bot\n"
	p.Get("alice.example.com", "/robots.txt").Want(t, http.StatusOK, "alice", group, "User-agent: GPTBot\n", "User-agent: ClaudeBot\n", "User-agent: Google-Extended\n", "User-agent: CCBot\n",
		"User-agent: Webzio-Extended\nDisallow: /\n\nUser-agent: *\nDisallow: /login/\nDisallow: /write/\n")
	saveSettings(p, "alice", settings.Settings{AICrawlers: true})
	if got, want := p.Get("alice.example.com", "/robots.txt").Body, "User-agent: *\nDisallow: /login/\nDisallow: /write/\nDisallow: /search/\n\nSitemap: http://alice.example.com:8000/sitemap.xml\n"; got != want {
		t.Errorf("robots.txt is\n%swant\n%s", got, want)
	}
}

// A change shows on every replica within a second, also to clients that have the page from before.
func TestSettingsShowOnEveryReplica(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	other := blogtest.StartReplica(t, blog.Options{DatabaseURI: p.Database.BlogURI, Now: p.Clock.Now})
	replicas := []*blogtest.Replica{p.Replica, other}
	p.Wait("the other replica serves the blog", func() error { return other.Check("alice.example.com", "/", http.StatusOK, "Blog of alice") })
	for _, tagline := range []string{"One", "Two", "Three"} {
		var before []string
		for _, replica := range replicas {
			before = append(before, replica.Get("alice.example.com", "/").Header.Get("Etag"))
		}
		saveSettings(p, "alice", settings.Settings{Tagline: tagline})
		p.Save("alice", post.Document{Title: "Page " + tagline, Content: "Text", Page: true})
		saved := time.Now()
		for i, replica := range replicas {
			p.Wait("the change shows", func() error {
				begun := time.Since(saved)
				answer := replica.Do(http.MethodGet, "alice.example.com", "/", http.Header{"If-None-Match": {before[i]}})
				var err error
				if !strings.Contains(answer.Body, ">"+tagline+"</p>") || !strings.Contains(answer.Body, "Page "+tagline+"</bdi>") {
					err = fmt.Errorf("status %d: %s", answer.Status, answer.Body)
				}
				if err != nil && begun > time.Second { // however long the request takes
					t.Fatalf("a request of replica %d %s after the change does not show it: %v", i, begun, err)
				}
				return err
			})
		}
	}
}
