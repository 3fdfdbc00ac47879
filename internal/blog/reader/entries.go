package reader

import (
	"cmp"

	"github.com/echoblogs/echoblogs/internal/blog/article"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeEntries writes posts as a list.
func (r *request) writeEntries(m web.HTMLWriter, entries []post.Entry) web.HTMLWriter {
	for _, e := range entries {
		m = r.writeEntry(m, e)
	}
	return m
}

// writeEntry writes a post in a list. The title of a link post leads to what it is about, and its date to the post.
func (r *request) writeEntry(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	r.markUp(&e)
	address := site.PostPath(e.Slug)
	m = m.HTML("<article class=\"entry\" dir=\"").Text(e.Direction).HTML("\" lang=\"").Text(e.Language).HTML("\">\n<h2><a href=\"")
	m = m.Text(cmp.Or(e.Link, address)).HTML("\"><bdi>").Text(r.nameOf(e)).HTML("</bdi></a></h2>\n<p class=\"meta\" lang=\"en\">")
	if e.Pinned {
		m = m.HTML("Pinned · ")
	}
	if e.Link != "" {
		m = m.HTML("<a href=\"").Text(address).HTML("\">").Day(e.PublishedAt, r.zone()).HTML("</a>")
	} else {
		m = m.Day(e.PublishedAt, r.zone())
	}
	if e.Author != "" {
		m = article.WriteAuthor(m, e.Author)
	}
	m = m.HTML("</p>\n")
	if e.Summary != e.Name() { // which a short note is
		m = m.HTML("<p")
		if direction := language.Within(e.Summary, e.Direction); direction != e.Direction {
			m = m.HTML(" dir=\"").Text(direction).HTML("\"")
		}
		m = m.HTML(">").Text(e.Summary).HTML("</p>\n")
	}
	return m.HTML("</article>\n")
}
