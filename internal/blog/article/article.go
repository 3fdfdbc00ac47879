// Package article writes a post as readers see it: on its own page, on that of a link that its author shares, and in the preview of
// the editor.
package article

import (
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/web"
)

// updatedAfter is the time after publication from which the date of a change is shown.
const updatedAfter = 24 * time.Hour

// Dates say how dates are written.
type Dates struct {
	// Zone is the time zone, and Layout the layout of package time.
	Zone   *time.Location
	Layout string
}

// Write writes a post, whose direction and language are complete.
func Write(m web.HTMLWriter, p post.Post, dates Dates) web.HTMLWriter {
	m = writeMeta(writeFacts(begin(m, p), p), p, dates)
	if p.Title != "" {
		m = writeTitle(m.HTML("<h1"), p).HTML("</h1>\n")
	}
	return end(m, p)
}

// WritePreview writes a post as Write does, below the title of the page that it is part of.
func WritePreview(m web.HTMLWriter, p post.Post, dates Dates) web.HTMLWriter {
	return end(writeTitle(writeMeta(begin(m, p), p, dates).HTML("<h2"), p).HTML("</h2>\n"), p)
}

func begin(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	return m.HTML("<article class=\"post h-entry\" dir=\"").Text(p.Direction).HTML("\" lang=\"").Text(p.Language).HTML("\">\n<header>\n")
}

// writeFacts writes what programs read of a post (https://microformats.org/wiki/h-entry), besides its content and its tags, whatever the
// page shows of it.
func writeFacts(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	fact := func(name, value string) {
		if value != "" {
			m = m.HTML("<data class=\"").Text(name).HTML("\" value=\"").Text(value).HTML("\"></data>\n")
		}
	}
	fact("p-name", p.Title)
	fact("p-author h-card", p.Author)
	fact("u-url", site.PostPath(p.Slug))
	fact("u-bookmark-of", p.Link)
	fact("u-featured", p.Cover)
	fact("dt-published", p.PublishedAt.UTC().Format(time.RFC3339))
	fact("dt-updated", p.UpdatedAt.UTC().Format(time.RFC3339))
	return m
}

// writeMeta writes what comes before the title: the date, the reading time and the author.
func writeMeta(m web.HTMLWriter, p post.Post, dates Dates) web.HTMLWriter {
	m = m.HTML("<p class=\"meta\" lang=\"en\">").Time(p.PublishedAt.In(dates.Zone), dates.Layout)
	if p.HasReadingTime() {
		m = m.HTML(" · ").Text(strconv.Itoa(p.Minutes())).HTML(" min")
	}
	if p.Author != "" {
		m = m.HTML(" · <bdi lang=\"\">").Text(p.Author).HTML("</bdi>")
	}
	if p.UpdatedAt.Sub(p.PublishedAt) > updatedAfter {
		m = m.HTML(" · Updated ").Time(p.UpdatedAt.In(dates.Zone), dates.Layout)
	}
	return m.HTML("</p>\n")
}

// writeTitle writes the rest of the tag and the title of a post. It can have another direction than the text, and leads to what a link
// post is about.
func writeTitle(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	if direction := language.Within(p.Title, p.Direction); direction != p.Direction {
		m = m.HTML(" dir=\"").Text(direction).HTML("\"")
	}
	if p.Link == "" || p.Title == "" {
		return m.HTML(">").Text(p.Title)
	}
	return m.HTML("><a href=\"").Text(p.Link).HTML("\">").Text(p.Title).HTML("</a>")
}

func end(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	if p.Excerpt != "" && p.Title != "" {
		m = m.HTML("<p class=\"standfirst\">").Text(p.Excerpt).HTML("</p>\n")
	}
	if p.Cover != "" {
		m = m.HTML("<img class=\"cover\" src=\"").Text(p.Cover).HTML("\" alt=\"").Text(p.CoverAlt)
		m = writePicture(m, p.CoverPicture).HTML("\">\n")
	}
	m = m.HTML("</header>\n<div class=\"prose e-content\">\n").Sanitized(p.HTML).HTML("</div>\n")
	return writeTags(m, p.Tags).HTML("</article>\n")
}

// writePicture writes the attributes of an upload after the value of another one, so that a browser reserves its place and loads the size
// that fits.
func writePicture(m web.HTMLWriter, picture render.Picture) web.HTMLWriter {
	if picture.Width != 0 {
		m = m.HTML("\" width=\"").Text(strconv.Itoa(picture.Width)).HTML("\" height=\"").Text(strconv.Itoa(picture.Height))
	}
	if picture.SourceSet != "" {
		m = m.HTML("\" srcset=\"").Text(picture.SourceSet).HTML("\" sizes=\"").Text(render.TextSizes)
	}
	return m
}

func writeTags(m web.HTMLWriter, tags []string) web.HTMLWriter {
	if len(tags) == 0 {
		return m
	}
	m = m.HTML("<ul class=\"tags\">\n")
	for _, tag := range tags {
		m = m.HTML("<li lang=\"\"><a href=\"").Text(site.TagPath(tag)).HTML("\" rel=\"tag\" class=\"p-category\"><bdi>").Text(tag).HTML("</bdi></a></li>\n")
	}
	return m.HTML("</ul>\n")
}
