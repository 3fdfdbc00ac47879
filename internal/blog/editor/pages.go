package editor

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

//go:embed pages/*.html
var templates embed.FS

// loadPages parses the templates, so that an invalid one fails at start.
func loadPages() (*template.Template, error) {
	parsed, err := template.New("").Funcs(template.FuncMap{"day": day}).ParseFS(templates, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the pages of the editor: %w", err)
	}
	return parsed, nil
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// view is a page: a template and its data.
type view struct {
	// name is the file name of the template in pages/, without .html.
	name  string
	title string
	// Data is the data of the template.
	Data any
	// status is the status of the response. Defaults to 200.
	status int

	// show sets these: the current user, the address of the public site, and how to reach the site administrators.
	Username, PublicURL string
	Contact             web.Contact
}

// show answers with a page, which is never cached.
func (e *Editor) show(w http.ResponseWriter, r *request, v view) error {
	v.Username, v.PublicURL, v.Contact = r.username, r.tenant.PublicURL, e.Contact()
	frame := web.Page{Title: v.title, Site: r.tenant.DisplayName, Links: []web.Link{
		{Address: site.WritePath, Text: "Posts"}, {Address: "/logout/", Text: "Log out"},
	}}
	for i := range frame.Links {
		frame.Links[i].Current = frame.Links[i].Address == r.URL.Path
	}
	var failed error
	body := e.Layout.Frame(nil, frame, func(m web.Markup) web.Markup {
		m, failed = m.Template(e.pages, v.name+".html", v)
		return m
	})
	if failed != nil {
		return fmt.Errorf("write page %s: %w", v.name, failed)
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	if v.status == 0 {
		v.status = http.StatusOK
	}
	w.WriteHeader(v.status)
	w.Write(body)
	return nil
}
