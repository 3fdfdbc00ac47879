package reader

import (
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeWall writes a wall of pictures, with the title and the date of each post under its picture. A post without one is a tile of words.
func (r *request) writeWall(m web.HTMLWriter, entries []post.Entry) web.HTMLWriter {
	m = m.HTML("<div class=\"wall\">\n")
	for i, e := range entries {
		r.markUp(&e)
		m = m.HTML("<article class=\"shot")
		if !hasPicture(e) {
			m = m.HTML(" words")
		}
		m = beginEntry(m.HTML("\""), &e)
		m = m.HTML("<a href=\"").Text(site.PostPath(e.Slug)).HTML("\">\n<div class=\"picture\">")
		if hasPicture(e) {
			m = writePicture(m, e, sizesOnWall(i), i == 0)
		} else {
			m = r.writeName(m.HTML("<p>"), &e).HTML("</p>")
		}
		m = m.HTML("</div>\n<h2>")
		if hasPicture(e) {
			m = r.writeName(m, &e)
		} else {
			m = r.writeName(m.HTML("<span class=\"unseen\">"), &e).HTML("</span><span lang=\"en\">Words</span>")
		}
		m = m.HTML(" <span lang=\"en\">")
		if e.Pinned {
			m = m.HTML("Pinned · ")
		}
		m = m.Time(r.dateOf(e), "Jan 2006").HTML("</span></h2>\n</a>\n</article>\n")
	}
	return m.HTML("</div>\n")
}

// sizesOnWall returns the hint at which width a page shows the picture of a post, by its place: in rows of one, two and three.
func sizesOnWall(place int) string {
	switch place % 6 {
	case 0:
		return "100vw"
	case 1:
		return "(min-width: 44rem) 58vw, 100vw"
	case 2:
		return "(min-width: 44rem) 42vw, 100vw"
	}
	return "(min-width: 44rem) 33vw, 100vw"
}
