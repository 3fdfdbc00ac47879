package reader

import (
	"regexp"

	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// longPost is the size of the HTML of a post from which it has a table of contents, in bytes: some 800 words.
	longPost = 5000
	// minHeadings and maxHeadings are how many headings a table of contents has.
	minHeadings, maxHeadings = 3, 200
)

// heading is a heading of the first two levels, in sanitized HTML.
var heading = regexp.MustCompile(`<h([23]) id="([^"]+)">(.*?)</h[23]>`)

// tableOfContents returns links to the headings of a long post. Empty: it has too few of them.
func tableOfContents(html string) web.HTMLWriter {
	if len(html) < longPost {
		return nil
	}
	headings := heading.FindAllStringSubmatch(html, maxHeadings)
	if len(headings) < minHeadings {
		return nil
	}
	m := web.HTMLWriter{}.HTML("<details class=\"toc\">\n<summary lang=\"en\">Contents</summary>\n<ul>\n")
	for _, h := range headings {
		m = m.HTML("<li")
		if h[1] == "3" {
			m = m.HTML(" class=\"sub\"")
		}
		m = m.HTML("><a href=\"#").Sanitized(h[2]).HTML("\">").Text(render.TextOf(h[3])).HTML("</a></li>\n")
	}
	return m.HTML("</ul>\n</details>\n")
}
