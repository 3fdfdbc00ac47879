package web

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// Message is a page that says what went wrong and what to do.
type Message struct {
	Page
	// Status of the answer, also shown.
	Status int
	// Subject is shown as it is, in the heading's second line: a host name, the number of a fault. Empty: none.
	Subject string
	// Lead says in one or two sentences what happened.
	Lead string
	// Steps say what the reader can do, one sentence each.
	Steps []string
	// RetryAfter is sent with answers that are worth another try. 0: none.
	RetryAfter time.Duration
}

// Send answers with a message. It is not to be kept by anybody: the next answer may be another.
func (t *Templates) Send(w http.ResponseWriter, m Message) error {
	var page bytes.Buffer
	if err := t.Render(&page, "message", m); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(page.Len()))
	header.Set("Cache-Control", "no-store")
	if m.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(m.RetryAfter.Round(time.Second).Seconds())))
	}
	w.WriteHeader(m.Status)
	w.Write(page.Bytes())
	return nil
}
