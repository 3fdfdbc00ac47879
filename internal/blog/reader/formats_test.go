package reader_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/feedtest"
)

// feedTypes are the media types of feeds by their files.
var feedTypes = map[string]string{
	"feed.xml": "application/atom+xml; charset=utf-8", "rss.xml": "application/rss+xml; charset=utf-8", "feed.json": "application/feed+json; charset=utf-8",
}

// openFeed returns a feed that is valid.
func openFeed(p *blogtest.Platform, host, path string) *gofeed.Feed {
	p.T.Helper()
	got := p.Get(host, path)
	file := path[strings.LastIndexByte(path, '/')+1:]
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != feedTypes[file] {
		p.T.Fatalf("%s: status %d, %s", path, got.Status, got.Header.Get("Content-Type"))
	}
	return feedtest.Read(p.T, "http://"+host+":8000"+path, []byte(got.Body))
}

func TestFeedFormats(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{
		Title: "A & <b>", Slug: "first", Author: "Ann <3", Tags: []string{"Letters", "أدب"}, Cover: "/media/lamp.jpg", Language: "de", Link: "https://example.org/?a&b",
		Content: "Words & [here](../there/?a&b#c), ![lamp](/media/lamp.jpg)\x0b.\n\n> quoted\n\n[^1]\n\n[^1]: A note.", Date: blogtest.Start.AddDate(0, 0, -2),
	})
	p.Save("alice", post.Document{Title: "شعر", Slug: "poem", Content: "نص.", Date: blogtest.Start.AddDate(0, 0, -1)})
	p.Save("alice", post.Document{Slug: "note", Content: "![](/media/a.jpg)"})
	saveSettings(p, "alice", settings.Settings{Author: "Alice", Tagline: "Words & <i>", Language: "en"})
	ids := map[string][]string{}
	for file := range feedTypes {
		f := openFeed(p, "alice.example.com", "/"+file)
		if f.Title != "Blog of alice" || f.Link != "http://alice.example.com:8000/" || f.Description != "Words & <i>" || f.Language != "en" || len(f.Items) != 3 {
			t.Fatalf("%s: %+v", file, f)
		}
		for _, item := range f.Items {
			ids[file] = append(ids[file], item.GUID)
		}
		first, poem, note := f.Items[2], f.Items[1], f.Items[0]
		if first.Title != "A & <b>" || first.Link != "http://alice.example.com:8000/first/" || first.Authors[0].Name != "Ann <3" ||
			!slices.Equal(first.Categories, []string{"Letters", "أدب"}) || !first.PublishedParsed.Equal(blogtest.Start.AddDate(0, 0, -2)) {
			t.Errorf("%s: %+v", file, first)
		}
		for _, part := range []string{`href="http://alice.example.com:8000/there/?a&amp;b#c"`, `src="http://alice.example.com:8000/media/lamp.jpg"`, `href="http://alice.example.com:8000/first/#fn:1"`} {
			if !strings.Contains(first.Content, part) {
				t.Errorf("%s lacks %s:\n%s", file, part, first.Content)
			}
		}
		if poem.Content != "<div dir=\"rtl\">\n<p>نص.</p>\n</div>\n" || note.Title != "10 January 2027" {
			t.Errorf("%s: %+v, %+v", file, poem, note)
		}
	}
	for file, same := range ids {
		if !slices.Equal(same, ids["feed.xml"]) {
			t.Errorf("the ids of %s are %q, those of Atom %q", file, same, ids["feed.xml"])
		}
	}
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice",
		`<link rel="alternate" type="application/atom+xml" title="Blog of alice (Atom)" href="/feed.xml">`+"\n"+
			`<link rel="alternate" type="application/rss+xml" title="Blog of alice (RSS)" href="/rss.xml">`+"\n"+
			`<link rel="alternate" type="application/feed+json" title="Blog of alice (JSON Feed)" href="/feed.json">`)
}

// A feed without posts, or with excerpts alone, is valid in each format.
func TestSmallFeeds(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	for file := range feedTypes {
		if f := openFeed(p, "alice.example.com", "/"+file); len(f.Items) != 0 {
			t.Errorf("%s: %+v", file, f)
		}
	}
	p.Save("alice", post.Document{Title: "Title", Content: "Less < more.\n\n<!--more-->\n\nThe end.", Date: time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC)})
	p.Save("alice", post.Document{Title: "Secret", Content: "Text", Draft: true})
	p.Save("alice", post.Document{Title: "Secret", Slug: "secret-2", Content: "Text", Unlisted: true})
	p.Save("alice", post.Document{Title: "Secret", Slug: "secret-3", Content: "Text", Date: blogtest.Start.Add(time.Hour)})
	saveSettings(p, "alice", settings.Settings{ExcerptsInFeed: true})
	for file := range feedTypes {
		f := openFeed(p, "alice.example.com", "/"+file)
		if len(f.Items) != 1 || strings.Contains(f.Items[0].Content+f.Items[0].Description, "The end") || f.Items[0].PublishedParsed.Year() != 1969 {
			t.Fatalf("%s: %+v", file, f.Items)
		}
	}
	if f := openFeed(p, "alice.example.com", "/rss.xml"); f.Items[0].Description != "Less &lt; more." {
		t.Errorf("the description of RSS is HTML: %q", f.Items[0].Description)
	}
}
