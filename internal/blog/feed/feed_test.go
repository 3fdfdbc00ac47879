package feed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/feed"
	"github.com/echoblogs/echoblogs/test/testkit/feedtest"
)

// In each format, addresses in the content lead to where they lead on the page of the post.
func TestAddresses(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct{ html, want string }{
		{`<a href="/b/">`, `<a href="https://a.example/b/">`},
		{`<a href="#fn:1">`, `<a href="https://a.example/post/#fn:1">`},
		{`<a href="?a=1&amp;b">`, `<a href="https://a.example/post/?a=1&amp;b">`},
		{`<a href="//b.example/c d">`, `<a href="https://b.example/c%20d">`},
		{`<a href="https://b.example/%zz?a&amp;b">`, `<a href="https://b.example/%zz?a&amp;b">`},
		{`<a href="mailto:ann@b.example">`, `<a href="mailto:ann@b.example">`},
		{`<img src="/media/a.jpg" srcset="/media/a-480.jpg 480w, /media/a.jpg 960w">`,
			`<img src="https://a.example/media/a.jpg" srcset="https://a.example/media/a-480.jpg 480w, https://a.example/media/a.jpg 960w">`},
		{`<q cite="../c/">a href=&#34;/b/&#34;</q>`, `<q cite="https://a.example/c/">a href=&#34;/b/&#34;</q>`},
	} {
		for _, format := range feed.Formats {
			f := feed.Feed{
				ID: "urn:uuid:1", Title: "A", Author: "Ann", Home: "https://a.example/", Self: "https://a.example/" + format.File, Updated: at,
				Entries: []feed.Entry{{ID: "urn:uuid:2", Address: "https://a.example/post/", Title: "Post", HTML: test.html, Whole: true, Published: at, Updated: at}},
			}
			encoded, err := format.Encode(&f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(test.html, "%zz") { // which no parser reads
				if !strings.Contains(string(encoded), "%zz") {
					t.Errorf("%s: %s", format.Name, encoded)
				}
				continue
			}
			if got := feedtest.Read(t, f.Self, encoded).Items[0].Content; strings.TrimSuffix(strings.ReplaceAll(got, "/>", ">"), "</a>") != test.want { // as gofeed writes it
				t.Errorf("%s: %s becomes %s, want %s", format.Name, test.html, got, test.want)
			}
		}
	}
}
