package reader

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeStream writes posts by day: notes whole, links with what is written about them, and the excerpts of longer posts.
func (r *request) writeStream(m web.HTMLWriter, entries []post.Entry) web.HTMLWriter {
	m = m.HTML("<div class=\"column stream\">\n")
	for len(entries) > 0 {
		pinned, day := entries[0].Pinned, dayOf(r.dateOf(entries[0]))
		end := slices.IndexFunc(entries, func(e post.Entry) bool {
			return e.Pinned != pinned || !pinned && !dayOf(r.dateOf(e)).Equal(day)
		})
		if end < 0 {
			end = len(entries)
		}
		m = m.HTML("<section class=\"day\">\n<h2 lang=\"en\">")
		if pinned {
			m = m.HTML("Pinned")
		} else {
			m = r.writeDay(m, day)
		}
		m = m.HTML("</h2>\n<div>\n")
		for _, e := range entries[:end] {
			m = r.writeNote(m, e)
		}
		m = m.HTML("</div>\n</section>\n")
		entries = entries[end:]
	}
	return m.HTML("</div>\n")
}

// dayOf returns the beginning of the day of a time.
func dayOf(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}

// writeDay writes the name of a day and its date, with the year unless it is the present one.
func (r *request) writeDay(m web.HTMLWriter, day time.Time) web.HTMLWriter {
	today := dayOf(r.now.In(r.zone()))
	switch {
	case day.Equal(today):
		m = m.HTML("Today")
	case day.Equal(today.AddDate(0, 0, -1)):
		m = m.HTML("Yesterday")
	default:
		m = day.AppendFormat(m, "Monday")
	}
	layout := "2 Jan"
	if day.Year() != today.Year() {
		layout = "2 Jan 2006"
	}
	return m.HTML(" <small>").Time(day, layout).HTML("</small>")
}

// writeNote writes a post of a day. Its time leads to its page.
func (r *request) writeNote(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	r.markUp(&e)
	text := render.PrefixIDs(e.NoteHTML, e.Slug)
	isEssay := e.Link == "" && (e.Title != "" || text == "")
	m = m.HTML("<article class=\"note")
	if isEssay {
		m = m.HTML(" essay")
	}
	m = beginEntry(m.HTML("\""), &e)
	switch {
	case isEssay:
		m = r.writeTitle(m.HTML("<h3>"), &e).HTML("</h3>\n")
	case e.Link != "":
		title, rest, ok := render.LeadingLink(text)
		if ok {
			text = rest
		}
		m = m.HTML("<h3><a class=\"link\" href=\"").Text(e.Link).HTML("\"><bdi>").Text(cmp.Or(e.Title, title, r.nameOf(e)))
		m = m.HTML("</bdi></a></h3>\n")
	}
	switch {
	case !isEssay && strings.TrimSpace(text) != "":
		m = m.HTML("<div class=\"prose\">\n").Sanitized(text).HTML("</div>\n")
	case hasExcerpt(e) && text == "":
		m = writeExcerpt(m, "excerpt", &e)
	}
	m = m.HTML("<p class=\"meta\" lang=\"en\"><a href=\"").Text(site.PostPath(e.Slug)).HTML("\">")
	if e.Pinned {
		m = m.Time(r.dateOf(e), "2 Jan 2006, 15:04")
	} else {
		m = m.Time(r.dateOf(e), "15:04")
	}
	m = m.HTML("</a>")
	if host := hostOf(e.Link); host != "" {
		m = m.HTML(" <span>").Text(host).HTML("</span>")
	}
	if isEssay {
		m = writeMinutes(m, e)
	}
	m = r.writeByline(m, e)
	for _, tag := range e.Tags {
		m = m.HTML(" <span lang=\"\"><bdi>#").Text(tag).HTML("</bdi></span>")
	}
	return m.HTML("</p>\n</article>\n")
}

// hostOf returns the host of an address, as people know it.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(parsed.Hostname(), "www.")
}
