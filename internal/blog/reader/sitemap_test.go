package reader_test

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

type sitemap struct {
	XMLName xml.Name
	URLs    []struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod"`
	} `xml:"url"`
	Parts []string `xml:"sitemap>loc"`
}

func readSitemap(p *blogtest.Platform, host, path string) (s sitemap) {
	p.T.Helper()
	got := p.Get(host, path)
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "application/xml; charset=utf-8" {
		p.T.Fatalf("%s: status %d, %s", path, got.Status, got.Header.Get("Content-Type"))
	}
	if err := xml.Unmarshal([]byte(got.Body), &s); err != nil || s.XMLName.Space != "http://www.sitemaps.org/schemas/sitemap/0.9" {
		p.T.Fatalf("%s: %v in\n%.1000s", path, err, got.Body)
	}
	return s
}

func TestSitemap(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Spec(name))
	}
	p.Save("alice", post.Document{Title: "Καλημέρα", Content: "Text", Date: blogtest.Start.AddDate(0, 0, -2)})
	p.Save("alice", post.Document{Title: "A page", Content: "Text", Page: true, Date: blogtest.Start.AddDate(0, 0, -1)})
	p.Save("alice", post.Document{Title: "Copy", Content: "Text", CanonicalURL: "https://example.org/copy"})
	p.Save("bob", post.Document{Title: "Secret of Bob", Content: "Text"})
	saveSecrets(p, "alice", "a", "Text")
	const origin = "http://alice.example.com:8000"
	want := []string{origin + "/ ", origin + "/%CE%BA%CE%B1%CE%BB%CE%B7%CE%BC%CE%AD%CF%81%CE%B1/ 2027-01-08T12:00:00Z", origin + "/a-page/ 2027-01-09T12:00:00Z"}
	addresses := func() (found []string) {
		for _, u := range readSitemap(p, "alice.example.com", "/sitemap.xml").URLs {
			found = append(found, u.Loc+" "+u.LastMod)
		}
		return found
	}
	if diff := cmp.Diff(want, addresses()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Get("alice.example.com", "/robots.txt").Want(t, http.StatusOK, "alice", "\nSitemap: "+origin+"/sitemap.xml\n")
	for _, path := range []string{"/sitemap/2.xml", "/sitemap/0.xml", "/sitemap/x.xml", "/sitemap/01.xml"} {
		p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice")
	}
	p.Advance(time.Hour)
	if diff := cmp.Diff(append(want, origin+"/secret-scheduled/ 2027-01-10T13:00:00Z"), addresses()); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
	saveSettings(p, "alice", settings.Settings{Hidden: true})
	p.Get("alice.example.com", "/sitemap.xml").Want(t, http.StatusNotFound, "alice")
	if robots := p.Get("alice.example.com", "/robots.txt").Body; strings.Contains(robots, "Sitemap") {
		t.Errorf("a hidden blog has a sitemap:\n%s", robots)
	}
}

// A sitemap has at most 50,000 addresses.
func TestLargeSitemap(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	add := func(from, to int) {
		p.Exec(`INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
			SELECT 'post-' || n, '', '', '', '', '', $1, $1, $1::timestamptz + n * interval '1 second' FROM generate_series($2::int, $3::int) n`, blogtest.Start.AddDate(-3, 0, 0), from, to)
	}
	add(1, 49_999)
	if s := readSitemap(p, "alice.example.com", "/sitemap.xml"); len(s.URLs) != 50_000 || len(s.Parts) != 0 {
		t.Errorf("49,999 posts: %d addresses, %v", len(s.URLs), s.Parts)
	}
	add(50_000, 50_001)
	s := readSitemap(p, "alice.example.com", "/sitemap.xml")
	if diff := cmp.Diff([]string{"http://alice.example.com:8000/sitemap/1.xml", "http://alice.example.com:8000/sitemap/2.xml"}, s.Parts); diff != "" || len(s.URLs) > 0 {
		t.Errorf("the index has %d addresses, parts (-want +got):\n%s", len(s.URLs), diff)
	}
	first, second := readSitemap(p, "alice.example.com", "/sitemap/1.xml"), readSitemap(p, "alice.example.com", "/sitemap/2.xml")
	if len(first.URLs) != 50_000 || first.URLs[49_999].Loc != "http://alice.example.com:8000/post-49999/" ||
		len(second.URLs) != 2 || second.URLs[0].Loc != "http://alice.example.com:8000/post-50000/" {
		t.Errorf("the parts have %d and %d addresses", len(first.URLs), len(second.URLs))
	}
	p.Get("alice.example.com", "/sitemap/3.xml").Want(t, http.StatusNotFound, "alice")
}
