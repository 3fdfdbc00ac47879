package reader

import (
	"cmp"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeCards writes a card for each post, with its picture, if it has one, and its excerpt. The first post is large if it begins the list.
func (r *request) writeCards(m web.HTMLWriter, entries []post.Entry, first bool) web.HTMLWriter {
	m = m.HTML("<div class=\"column\">\n")
	if first && entries[0].Title != "" { // the words of a note are no headline
		m = r.writeCard(m, entries[0], "lead", "(min-width: 44rem) 40rem, 100vw")
		entries = entries[1:]
	}
	if len(entries) > 0 {
		m = m.HTML("<div class=\"cards\">\n")
		for _, e := range entries {
			m = r.writeCard(m, e, "card", "(min-width: 44rem) 22rem, 100vw")
		}
		m = m.HTML("</div>\n")
	}
	return m.HTML("</div>\n")
}

func (r *request) writeCard(m web.HTMLWriter, e post.Entry, class, sizes string) web.HTMLWriter {
	r.markUp(&e)
	m = m.HTML("<article class=\"").Text(class)
	if !hasPicture(e) {
		m = m.HTML(" text")
	}
	m = beginEntry(m.HTML("\""), &e)
	if hasPicture(e) {
		m = m.HTML("<a class=\"picture\" href=\"").Text(site.PostPath(e.Slug)).HTML("\" tabindex=\"-1\" aria-hidden=\"true\">")
		m = writePicture(m, e, sizes, class == "lead").HTML("</a>\n")
	}
	m = m.HTML("<div>\n<p class=\"meta\" lang=\"en\">")
	if e.Pinned {
		m = m.HTML("<b>Pinned</b> ")
	} else if len(e.Tags) > 0 {
		m = m.HTML("<b lang=\"\">").Text(e.Tags[0]).HTML("</b> ")
	}
	m = r.writeDate(m.HTML("<span>"), e, "2 Jan 2006")
	m = r.writeByline(writeMinutes(m, e), e).HTML("</span></p>\n<h2>")
	m = r.writeTitle(m, &e).HTML("</h2>\n")
	if hasExcerpt(e) {
		m = writeExcerpt(m, "excerpt", &e)
	}
	return m.HTML("</div>\n</article>\n")
}

// hasPicture reports whether a list has a picture of a post: its cover, or the first one of its text.
func hasPicture(e post.Entry) bool { return e.Cover != "" || e.Picture.Address != "" }

// writePicture writes the picture of a post. Sizes are a hint at which width the page shows it, and eager that it is visible at once. Its
// description is left out, since the title beside it leads to the same post.
func writePicture(m web.HTMLWriter, e post.Entry, sizes string, eager bool) web.HTMLWriter {
	p := e.Picture
	m = m.HTML("<img src=\"").Text(cmp.Or(e.Cover, p.Address)).HTML("\" alt=\"\"")
	if p.Width != "" && p.Height != "" {
		m = m.HTML(" width=\"").Text(p.Width).HTML("\" height=\"").Text(p.Height).HTML("\"")
	}
	if p.SourceSet != "" {
		m = m.HTML(" srcset=\"").Text(p.SourceSet).HTML("\" sizes=\"").Text(sizes).HTML("\"")
	}
	if !eager {
		m = m.HTML(" loading=\"lazy\" decoding=\"async\"")
	}
	return m.HTML(">")
}
