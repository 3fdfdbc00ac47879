package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Message is an error page: it says what happened and what to do.
type Message struct {
	Page
	// Status is the HTTP status, which the page shows too.
	Status int
	// Subject is what the error is about: a host, a path, the ID of a request. Empty: none.
	Subject string
	// Lead says what happened, in one or two sentences.
	Lead string
	// Steps say what to do, one sentence each.
	Steps []string
	// Link is the next action. nil: none.
	Link *Link
	// More writes what comes after the link. nil: nothing.
	More func(HTMLWriter) HTMLWriter
	// RetryAfter is the value of the Retry-After header. 0: none.
	RetryAfter time.Duration
}

// Send responds with a message, which is never cached.
func (l *Layout) Send(w http.ResponseWriter, m Message) {
	page := l.Frame(nil, m.Page, m.main)
	if m.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(m.RetryAfter.Round(time.Second).Seconds())))
	}
	sendHTML(w, m.Status, page)
}

func (m *Message) main(b HTMLWriter) HTMLWriter {
	b = b.HTML("<div class=\"message column\">\n<p class=\"status\">").Text(strconv.Itoa(m.Status)).HTML("</p>\n<h1>").Text(m.Title).HTML("</h1>\n")
	if m.Subject != "" {
		b = b.HTML("<p class=\"subject\"><code>").Text(m.Subject).HTML("</code></p>\n")
	}
	b = b.HTML("<p>").Text(m.Lead).HTML("</p>\n")
	switch {
	case len(m.Steps) == 1:
		b = b.HTML("<p class=\"step\">").Text(m.Steps[0]).HTML("</p>\n")
	case len(m.Steps) > 1:
		b = b.HTML("<ul>\n")
		for _, step := range m.Steps {
			b = b.HTML("<li>").Text(step).HTML("</li>\n")
		}
		b = b.HTML("</ul>\n")
	}
	if m.Link != nil {
		b = b.HTML(`<p><a class="button" href="`).Text(m.Link.Address).HTML(`">`).Text(m.Link.Text).HTML("</a></p>\n")
	}
	b = b.HTML("</div>\n")
	if m.More != nil {
		b = m.More(b)
	}
	return b
}

// maxShown is how much of a client's input a page repeats, in bytes: the longest host name (RFC 1035 section 2.3.4).
const maxShown = 253

// Shorten truncates a client's input, at a character boundary, to a length that fits on a page.
func Shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}
