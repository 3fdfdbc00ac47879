package blog

import (
	"html/template"
	"time"

	"github.com/echoblogs/echoblogs/internal/posts"
)

// renderEntries writes the list of posts of an index page.
//
// It is not a template because it is the one place where that costs: html/template takes some 80 µs for ten posts, as
// much as the rest of the request with its statement together, and this 5 µs. BenchmarkIndex measures it.
func renderEntries(entries []posts.Entry) template.HTML {
	if len(entries) == 0 {
		return ""
	}
	b := make(markup, 0, 8<<10)
	for _, e := range entries {
		b = b.html("<article class=\"entry\">\n<h2><a href=\"/").text(e.Slug).html("/\">").text(e.Title).html("</a></h2>\n<p class=\"meta\">")
		b = b.date(e.PublishedAt)
		if e.Author != "" {
			b = b.html(" · ").text(e.Author)
		}
		b = b.html("</p>\n")
		if e.Summary != "" {
			b = b.html("<p>").text(e.Summary).html("</p>\n")
		}
		b = b.html("</article>\n")
	}
	return template.HTML(b) //nolint:gosec // what is not a constant went through text
}

// markup is HTML that is being written.
type markup []byte

// constant is HTML in the source code: no value that is only known when the program runs converts to it by itself.
type constant string

func (m markup) html(s constant) markup { return append(m, s...) }

// text writes s so that a browser shows it as it is, also within an attribute.
func (m markup) text(s string) markup {
	written := 0
	for i := range len(s) {
		var escaped constant
		switch s[i] {
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '&':
			escaped = "&amp;"
		case '"':
			escaped = "&#34;"
		case '\'':
			escaped = "&#39;"
		default:
			continue
		}
		m = append(append(m, s[written:i]...), escaped...)
		written = i + 1
	}
	return append(m, s[written:]...)
}

// date writes a day, in UTC, for people and for programs.
func (m markup) date(t time.Time) markup {
	t = t.UTC()
	m = t.AppendFormat(m.html("<time datetime=\""), time.RFC3339)
	m = t.AppendFormat(m.html("\">"), dateLayout)
	return m.html("</time>")
}

// dateLayout is how days are shown.
const dateLayout = "2 January 2006"
