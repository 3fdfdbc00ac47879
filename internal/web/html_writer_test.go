package web_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestHTMLWriter(t *testing.T) {
	t.Parallel()
	var m web.HTMLWriter
	m = m.HTML("<p>").Text(`<a href="x">'b' & c</a>`).HTML("</p>").Sanitized("<b>d</b>").Text("")
	m = m.Day(time.Date(2026, 11, 3, 23, 30, 0, 0, time.UTC), time.FixedZone("", 3600))
	want := `<p>&lt;a href=&#34;x&#34;&gt;&#39;b&#39; &amp; c&lt;/a&gt;</p><b>d</b><time datetime="2026-11-04T00:30:00+01:00">4 November 2026</time>`
	if string(m) != want {
		t.Errorf("got  %s\nwant %s", m, want)
	}
}

// A browser's parser reads back the text that was passed to Text, and no other elements or attributes.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "a", `"><script>`, "&amp;", "a\x00b", "'\"<>&", "ä\xffö", "</title>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		page := web.HTMLWriter(nil).HTML(`<!DOCTYPE html><p title="`).Text(text).HTML(`">`).Text(text).HTML("</p>")
		document, err := html.Parse(strings.NewReader(string(page)))
		if err != nil {
			t.Fatal(err)
		}
		var elements []string
		for node := range document.Descendants() {
			if node.Type == html.ElementNode {
				elements = append(elements, node.Data)
			}
			if node.Type == html.ElementNode && node.Data == "p" && len(node.Attr) != 1 {
				t.Errorf("attributes %v", node.Attr)
			}
		}
		if got := strings.Join(elements, " "); got != "html head body p" {
			t.Errorf("elements %s in %s", got, page)
		}
	})
}
