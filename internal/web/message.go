package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Message is a page that says what went wrong and what to do.
type Message struct {
	Page
	// Status of the answer, also shown.
	Status int
	// Subject is what it is about: a host name, a path, the number of a fault. Empty: none.
	Subject string
	// Lead says in one or two sentences what happened.
	Lead string
	// Steps say what the reader can do, one sentence each.
	Steps []string
	// Contact is where those are reached whom Lead or a step tells to ask. Empty: nowhere.
	Contact Contact
	// Link leads to what the reader may want next. nil: nowhere.
	Link *Link
	// RetryAfter is sent with answers that are worth another try. 0: none.
	RetryAfter time.Duration
}

// Send answers with a message. It is not to be kept by anybody: the next answer may be another.
func (l *Look) Send(w http.ResponseWriter, m Message) {
	page := l.Frame(nil, m.Page, m.main)
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	header.Set("Cache-Control", "no-store")
	if m.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(m.RetryAfter.Round(time.Second).Seconds())))
	}
	w.WriteHeader(m.Status)
	w.Write(page)
}

func (m *Message) main(b Markup) Markup {
	b = b.HTML("<div class=\"message\">\n<p class=\"status\">").Text(strconv.Itoa(m.Status)).HTML("</p>\n<h1>").Text(m.Title).HTML("</h1>\n")
	if m.Subject != "" {
		b = b.HTML("<p class=\"subject\"><code>").Text(m.Subject).HTML("</code></p>\n")
	}
	b = b.HTML("<p>").Asking(m.Lead, m.Contact).HTML("</p>\n")
	switch {
	case len(m.Steps) == 1:
		b = b.HTML("<p class=\"step\">").Asking(m.Steps[0], m.Contact).HTML("</p>\n")
	case len(m.Steps) > 1:
		b = b.HTML("<ul>\n")
		for _, step := range m.Steps {
			b = b.HTML("<li>").Asking(step, m.Contact).HTML("</li>\n")
		}
		b = b.HTML("</ul>\n")
	}
	if m.Link != nil {
		b = b.HTML(`<p><a class="button" href="`).Text(m.Link.Address).HTML(`">`).Text(m.Link.Text).HTML("</a></p>\n")
	}
	return b.HTML("</div>\n")
}

// maxShown is how much of what a client sent a page repeats, in bytes: a host name has no more (RFC 1035 section 2.3.4).
const maxShown = 253

// Shorten cuts what a client sent to a length that fits a page, between characters.
func Shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}
