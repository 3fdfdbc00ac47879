package reader

import (
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeContents writes a table of contents: the first post large, with its excerpt, if it begins the list, and then the others by year.
func (r *request) writeContents(m web.HTMLWriter, entries []post.Entry, first bool) web.HTMLWriter {
	m = m.HTML("<div class=\"column\">\n")
	if first && entries[0].Title != "" { // the words of a note are no headline
		m = r.writeLead(m, entries[0])
		entries = entries[1:]
	}
	return r.writeEntries(m, entries).HTML("</div>\n")
}

// writeLead writes the first post of the blog.
func (r *request) writeLead(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	m = m.HTML("<article class=\"lead\">\n<p class=\"meta\" lang=\"en\">")
	if e.Pinned {
		m = m.HTML("Pinned")
	} else {
		m = m.HTML("The latest")
	}
	m = r.writeDate(m.HTML(" · "), e, r.theme().Date)
	m = r.writeByline(m, e).HTML("</p>\n<h2>")
	m = r.writeTitle(m, &e).HTML("</h2>\n")
	if hasExcerpt(e) {
		m = writeExcerpt(m, "standfirst", &e)
	}
	return m.HTML("</article>\n")
}
