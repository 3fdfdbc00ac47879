package reader

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeEntries writes posts as a list by year, in every theme. Pinned posts come first, whenever they were published.
func (r *request) writeEntries(m web.HTMLWriter, entries []post.Entry) web.HTMLWriter {
	layout := "2 January" // below the year
	if r.theme().Index == theme.Dates {
		layout = r.theme().Date
	}
	for len(entries) > 0 {
		heading := r.yearOf(entries[0])
		end := slices.IndexFunc(entries, func(e post.Entry) bool { return r.yearOf(e) != heading })
		if end < 0 {
			end = len(entries)
		}
		m = m.HTML("<section class=\"year\">\n<h2 lang=\"en\">").Text(heading).HTML("</h2>\n<ul class=\"entries\">\n")
		for _, e := range entries[:end] {
			m = r.writeEntry(m, e, layout)
		}
		m = m.HTML("</ul>\n</section>\n")
		entries = entries[end:]
	}
	return m
}

// yearOf returns the heading under which a list has a post.
func (r *request) yearOf(e post.Entry) string {
	if e.Pinned {
		return "Pinned"
	}
	return strconv.Itoa(r.dateOf(e).Year())
}

// writeEntry writes a post in a list. The title of a link post leads to what it is about, and its date to the post.
func (r *request) writeEntry(m web.HTMLWriter, e post.Entry, layout string) web.HTMLWriter {
	m = r.writeTitle(m.HTML("<li>"), &e)
	m = r.writeDate(m.HTML(" "), e, layout)
	return r.writeByline(m, e).HTML("</li>\n")
}

// writeDate writes the date of a post. That of a link post leads to the post, since the title leads elsewhere.
func (r *request) writeDate(m web.HTMLWriter, e post.Entry, layout string) web.HTMLWriter {
	if e.Link == "" {
		return m.Time(r.dateOf(e), layout)
	}
	return m.HTML("<a href=\"").Text(site.PostPath(e.Slug)).HTML("\" lang=\"en\">").Time(r.dateOf(e), layout).HTML("</a>")
}

// writeByline writes the author of a post, if it is not that of the blog.
func (r *request) writeByline(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	if e.Author == "" || e.Author == r.settings.Author {
		return m
	}
	return m.HTML(" <span class=\"by\"><bdi lang=\"\">").Text(e.Author).HTML("</bdi></span>")
}

// writeTitle writes the title of a post as a link, and completes the language of the post.
func (r *request) writeTitle(m web.HTMLWriter, e *post.Entry) web.HTMLWriter {
	r.markUp(e)
	m = m.HTML("<a href=\"").Text(cmp.Or(e.Link, site.PostPath(e.Slug)))
	if e.Link != "" {
		m = m.HTML("\" class=\"link")
	}
	return r.writeName(m.HTML("\">"), e).HTML("</a>")
}

// writeName writes what names a post, in its language and direction, so that a list of several keeps one edge.
func (r *request) writeName(m web.HTMLWriter, e *post.Entry) web.HTMLWriter {
	name := r.nameOf(*e)
	m = m.HTML("<bdi dir=\"").Text(language.Within(name, e.Direction)).HTML("\" lang=\"").Text(e.Language)
	return m.HTML("\">").Text(name).HTML("</bdi>")
}

// dateOf returns when a post was published, in the time zone of the blog.
func (r *request) dateOf(e post.Entry) time.Time { return e.PublishedAt.In(r.zone()) }

// hasExcerpt reports whether a list shows the summary of a post. That of a note begins with the words that name it.
func hasExcerpt(e post.Entry) bool { return e.Summary != "" && e.Title != "" }

// beginEntry completes the start tag of an element with the language of a post.
func beginEntry(m web.HTMLWriter, e *post.Entry) web.HTMLWriter {
	return m.HTML(" dir=\"").Text(e.Direction).HTML("\" lang=\"").Text(e.Language).HTML("\">\n")
}

// writeExcerpt writes the excerpt of a post, which can have another direction, in an element of a class.
func writeExcerpt(m web.HTMLWriter, class string, e *post.Entry) web.HTMLWriter {
	m = m.HTML("<p class=\"").Text(class).HTML("\" dir=\"").Text(language.Within(e.Summary, e.Direction)).HTML("\" lang=\"").Text(e.Language)
	return m.HTML("\">").Text(e.Summary).HTML("</p>\n")
}

// writeMinutes writes the reading time of a post that is not read at a glance.
func writeMinutes(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	if !e.HasReadingTime() {
		return m
	}
	return m.HTML(" <span class=\"minutes\">").Text(strconv.Itoa(e.Minutes())).HTML(" min</span>")
}
