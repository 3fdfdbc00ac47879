package portal

import (
	"cmp"
	"embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

//go:embed pages/*.html
var templates embed.FS

// pages are the templates, parsed at start so that one that is missing or wrong fails there.
type pages struct {
	layout    *web.Layout
	templates *web.Templates
}

func loadPages() (*pages, error) {
	layout, err := web.NewLayout()
	if err != nil {
		return nil, err
	}
	parsed, err := layout.LoadTemplates(templates)
	if err != nil {
		return nil, err
	}
	return &pages{layout: layout, templates: parsed}, nil
}

func day(t time.Time) string { return web.Day(t) }

// page is what is shown: a template of pages/ and what it takes.
type page struct {
	// name is the template's file name, without .html.
	name string
	// title is the page's own.
	title string
	// data is for the template.
	data any
	// status of the answer. 0: 200.
	status int
	// script is the name of an asset. Empty: none.
	script string
	// refresh is when the page loads itself again where scripts do not run. 0: never.
	refresh time.Duration
	// home says that it is the first page.
	home bool
}

// show answers with a page. It is not to be kept by anybody: it may be a person's own.
func (p *Portal) show(w http.ResponseWriter, r *visit, shown page) error {
	frame := web.Page{Title: shown.title, Site: siteName, Home: shown.home, Links: links(r), Refresh: shown.refresh}
	if shown.script != "" {
		frame.Script = p.pages.layout.Assets.Address(shown.script)
	}
	status := cmp.Or(shown.status, http.StatusOK)
	if status >= http.StatusBadRequest {
		frame.Reference = r.ID
		p.log.LogAttrs(r.Context(), slog.LevelInfo, "Form refused", slog.String("id", r.ID), slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.Int("status", status))
	}
	return p.pages.templates.Send(w, shown.name, status, frame, view{visit: r, Data: shown.data})
}

// view is what every template takes.
type view struct {
	*visit
	// Data is the page's own.
	Data any
}

// siteName stands on top of every page.
const siteName = "EchoBlogs"

// links stand beside it.
func links(r *visit) []web.Link {
	switch {
	case r.User == nil && r.Closed():
		return web.MarkCurrent(r.URL.Path, web.Link{Address: "/login/", Text: "Log in"})
	case r.User == nil:
		return web.MarkCurrent(r.URL.Path, web.Link{Address: "/login/", Text: "Log in"}, web.Link{Address: "/register/", Text: "Sign up"})
	}
	all := []web.Link{{Address: "/account/", Text: "Account"}, {Address: "/logout/", Text: "Log out"}}
	if r.Staff() {
		all = append([]web.Link{{Address: "/staff/", Text: "Staff"}}, all...)
	}
	return web.MarkCurrent(r.URL.Path, all...)
}

// form is what was filled in, and what is wrong with it, by the names of the fields.
type form struct {
	// Values are shown again; passwords are never among them.
	Values map[string]string
	// Errors are sentences. The empty name stands for the form as a whole.
	Errors map[string]string
	// Contact is the address of support, for errors that mention it.
	Contact web.Contact
}

// newForm takes the named fields from a request.
func newForm(r *visit, fields ...string) *form {
	f := &form{Values: make(map[string]string, len(fields)), Errors: make(map[string]string), Contact: r.Contact()}
	for _, field := range fields {
		f.Values[field] = r.PostFormValue(field)
	}
	return f
}

// refuse notes what is wrong with a field, the first thing only.
func (f *form) refuse(field, sentence string) {
	if f.Errors[field] == "" {
		f.Errors[field] = sentence
	}
}

// field is one of a form's, for the templates that show it.
type field struct {
	Name, Value, Error string
	Contact            web.Contact
}

// Field returns a field.
func (f *form) Field(name string) field {
	return field{Name: name, Value: f.Values[name], Error: f.Errors[name], Contact: f.Contact}
}

func (f *form) ok() bool { return len(f.Errors) == 0 }
