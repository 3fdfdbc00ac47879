package blog

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

//go:embed pages/*.html
var ownerTemplates embed.FS

// loadPages parses the templates of the owner's pages, so that one that is missing or wrong fails at start.
func loadPages() (*template.Template, error) {
	parsed, err := template.New("").Funcs(template.FuncMap{"day": day}).ParseFS(ownerTemplates, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the owner's pages: %w", err)
	}
	return parsed, nil
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// ownerView is one of the owner's pages: a template of pages/ and what it takes.
type ownerView struct {
	// name is the template's file name, without .html.
	name string
	// title is the page's own.
	title string
	// Data is for the template.
	Data any
	// status of the answer. 0: 200.
	status int

	// Username is who is logged in, and PublicURL the address of the public site. show sets them.
	Username, PublicURL string
	// Contact is where those are reached who run the site. show sets it.
	Contact web.Contact
}

// show answers with a page of the owner's. It is not to be kept by anybody.
func (s *site) show(w http.ResponseWriter, r *ownerRequest, v ownerView) error {
	v.Username, v.PublicURL, v.Contact = r.username, r.tenant.publicURL, s.contact()
	frame := web.Page{Title: v.title, Site: r.tenant.DisplayName, Links: []web.Link{
		{Address: writePath, Text: "Posts"}, {Address: "/logout/", Text: "Log out"},
	}}
	for i := range frame.Links {
		frame.Links[i].Current = frame.Links[i].Address == r.URL.Path
	}
	var failed error
	body := s.look.Frame(nil, frame, func(m web.Markup) web.Markup {
		m, failed = m.Template(s.pages, v.name+".html", v)
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
