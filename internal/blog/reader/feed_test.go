package reader_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

type feed struct {
	XMLName  xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Base     string   `xml:"http://www.w3.org/XML/1998/namespace base,attr"`
	Language string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID       string   `xml:"id"`
	Title    string   `xml:"title"`
	Subtitle string   `xml:"subtitle"`
	Updated  string   `xml:"updated"`
	Author   string   `xml:"author>name"`
	Links    []link   `xml:"link"`
	Entries  []entry  `xml:"entry"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type entry struct {
	Base       string  `xml:"http://www.w3.org/XML/1998/namespace base,attr"`
	Language   string  `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID         string  `xml:"id"`
	Title      string  `xml:"title"`
	Published  string  `xml:"published"`
	Updated    string  `xml:"updated"`
	Author     *string `xml:"author>name"`
	Summary    string  `xml:"summary"`
	Links      []link  `xml:"link"`
	Categories []struct {
		Term string `xml:"term,attr"`
	} `xml:"category"`
	Content struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	} `xml:"content"`
}

func readFeed(p *blogtest.Platform, host string) feed {
	p.T.Helper()
	got := p.Get(host, "/feed.xml")
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		p.T.Fatalf("status %d, %s", got.Status, got.Header.Get("Content-Type"))
	}
	var f feed
	if err := xml.Unmarshal([]byte(got.Body), &f); err != nil {
		p.T.Fatalf("%v in\n%s", err, got.Body)
	}
	return f
}

func TestFeed(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Spec("alice")
	alice.DisplayName = "Alice & <Co>"
	alice.CustomHosts = []string{"www.alice.org"}
	p.Create(alice)
	for i := range 22 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Content: "Text", Date: blogtest.Start.Add(time.Duration(i-100) * time.Hour)})
	}
	p.Save("alice", post.Document{Title: `Last & "<least>"`, Slug: "last", Author: "Bob", Content: "A *word* & a [link](/post-01/)\x0b."})

	f := readFeed(p, "www.alice.org")
	if f.Title != "Alice & <Co>" || f.Author != "Alice & <Co>" || f.Base != "http://alice.example.com:8000/" || f.Updated != "2027-01-10T12:00:00Z" {
		t.Errorf("feed %q by %q, base %q, updated %q", f.Title, f.Author, f.Base, f.Updated)
	}
	wantLink(t, f.Links, "self", "http://alice.example.com:8000/feed.xml")
	wantLink(t, f.Links, "alternate", "http://alice.example.com:8000/")
	if len(f.Entries) != 20 {
		t.Fatalf("%d entries, want 20", len(f.Entries))
	}
	last := f.Entries[0]
	if last.Title != `Last & "<least>"` || last.Author == nil || *last.Author != "Bob" || last.Published != "2027-01-10T12:00:00Z" {
		t.Errorf("the last entry: %+v", last)
	}
	wantContent := "<p>A <em>word</em> &amp; a <a href=\"http://alice.example.com:8000/post-01/\">link</a>\ufffd.</p>\n"
	if last.Content.Type != "html" || last.Content.Text != wantContent || !strings.HasPrefix(last.Summary, "A word & a link") {
		t.Errorf("content %q of type %q, summary %q", last.Content.Text, last.Content.Type, last.Summary)
	}
	wantLink(t, last.Links, "alternate", "http://alice.example.com:8000/last/")
	if f.Entries[1].Author != nil {
		t.Errorf("an entry without an author has %q", *f.Entries[1].Author)
	}
	seen := map[string]bool{f.ID: true}
	for _, e := range f.Entries {
		if u, err := url.Parse(e.ID); err != nil || !u.IsAbs() || seen[e.ID] {
			t.Errorf("the id %q is not a URI, or not unique", e.ID)
		}
		seen[e.ID] = true
		for _, date := range []string{e.Published, e.Updated} {
			if _, err := time.Parse(time.RFC3339, date); err != nil {
				t.Errorf("date: %v", err)
			}
		}
	}
}

// A link in a feed leads to where it leads on the page of the post.
func TestFeedLinks(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "[jump](#part-two) [next](other/) [root](/root/) [up](../up/) ![image](a.png) [away](https://example.org/)"})
	f := readFeed(p, "alice.example.com")
	base, err := url.Parse(f.Entries[0].Base)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, match := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(f.Entries[0].Content.Text, -1) {
		to, err := base.Parse(match[1])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, to.String())
	}
	const blog = "http://alice.example.com:8000"
	want := []string{blog + "/title/#part-two", blog + "/title/other/", blog + "/root/", blog + "/up/", blog + "/title/a.png", "https://example.org/"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func wantLink(t *testing.T, links []link, rel, href string) {
	t.Helper()
	for _, l := range links {
		if l.Rel == rel {
			if l.Href != href {
				t.Errorf("link %s leads to %q, want %q", rel, l.Href, href)
			}
			return
		}
	}
	t.Errorf("there is no link %s in %v", rel, links)
}

func TestFeedIDsOutliveAddresses(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Spec("alice")
	p.Create(alice)
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	before := readFeed(p, "alice.example.com")

	alice.PrimaryHost = "alice.example.org"
	p.Update(alice, blogtest.Start)
	p.WaitFor("alice.example.org", "/", http.StatusOK)
	p.Save("alice", post.Document{Title: "Another title", Slug: "title", Content: "Other text"})
	after := readFeed(p, "alice.example.org")
	if after.ID != before.ID || after.Entries[0].ID != before.Entries[0].ID {
		t.Errorf("ids %s and %s became %s and %s", before.ID, before.Entries[0].ID, after.ID, after.Entries[0].ID)
	}
	wantLink(t, after.Entries[0].Links, "alternate", "http://alice.example.org:8000/title/")
}

func TestFeedOfAnEmptyBlog(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Advance(time.Hour)
	f := readFeed(p, "alice.example.com")
	if want := "2027-01-10T12:00:00Z"; f.Updated != want || f.ID == "" || len(f.Entries) != 0 {
		t.Errorf("feed %+v, want it updated at %s, when the blog was created", f, want)
	}
}
