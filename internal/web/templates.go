package web

import (
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Templates are pages written with html/template inside a Layout: pages with forms, which are not on the hot path.
type Templates struct {
	layout *Layout
	parsed *template.Template
}

// LoadTemplates parses the files pages/*.html of each folder, so that an invalid one fails at start. Besides
// html/template's own functions they have day, moment and asset, the address of a file.
func (l *Layout) LoadTemplates(folders ...fs.FS) (*Templates, error) {
	parsed := template.New("").Funcs(template.FuncMap{"day": Day, "moment": Moment, "asset": l.Assets.Address})
	for _, files := range folders {
		if _, err := parsed.ParseFS(files, "pages/*.html"); err != nil {
			return nil, fmt.Errorf("parse the pages: %w", err)
		}
	}
	return &Templates{layout: l, parsed: parsed}, nil
}

// Send responds with the page of pages/NAME.html, which is never cached: it may be specific to the user. It returns an
// error, and sends nothing, if the template does not fit the data.
func (t *Templates) Send(w http.ResponseWriter, name string, status int, frame Page, data any) error {
	var failed error
	body := t.layout.Frame(nil, frame, func(b HTMLWriter) HTMLWriter {
		b, failed = b.Template(t.parsed, name+".html", data)
		return b
	})
	if failed != nil {
		return fmt.Errorf("render page %s: %w", name, failed)
	}
	sendHTML(w, status, body)
	return nil
}

// Fragment returns the HTML of a template, for a script that inserts it into a page.
func (t *Templates) Fragment(name string, data any) (string, error) {
	var html strings.Builder
	if err := t.parsed.ExecuteTemplate(&html, name, data); err != nil {
		return "", fmt.Errorf("render template %s: %w", name, err)
	}
	return html.String(), nil
}

// sendHTML sends a page that is not to be cached. net/http leaves the body out of the response to a HEAD request.
func sendHTML(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}

// Day formats a date for people, such as 2 January 2006. Days are those of UTC.
func Day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// Moment formats a time for people, such as 2 January 2006, 15:04 UTC.
func Moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
