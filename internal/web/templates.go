package web

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
)

//go:embed look
var look embed.FS

// LookAssets are the style sheet and the icon that the layout names.
func LookAssets() (*Assets, error) {
	files, err := fs.Sub(look, "look")
	if err != nil {
		return nil, fmt.Errorf("open the embedded files: %w", err)
	}
	return LoadAssets(files, "theme.css", "icon.svg")
}

// Page is what the layout shows of every page. Embed it in the data of a page.
type Page struct {
	// Title is the page's own; the layout adds Site.
	Title string
	// Site is the name of the site, shown on top. Empty: there is none, as on pages for unknown hosts.
	Site string
	// Home says that the page is the site's first: its name is then the page's heading.
	Home bool
	// Description is for search engines and previews. Empty: none.
	Description string
	// Canonical is the one address of the page. Empty: it has none, and search engines are asked not to list it.
	Canonical string
	// Feed is the address of the Atom feed. Empty: none.
	Feed string
}

// Templates are pages in the shared layout.
type Templates struct {
	pages map[string]*template.Template
}

// LoadTemplates parses every .html file in a folder as a page: it defines the template "main". The page "message",
// which shows a Message, is always there. An error in a template is found here, before the program serves.
func LoadTemplates(assets *Assets, files fs.FS) (*Templates, error) {
	layout, err := template.New("layout.html").Funcs(template.FuncMap{"asset": assets.Address}).
		ParseFS(look, "look/layout.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout: %w", err)
	}
	templates := &Templates{pages: map[string]*template.Template{}}
	if err := templates.add(layout, look, "message", "look/message.html"); err != nil {
		return nil, err
	}
	paths, err := fs.Glob(files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("list the pages: %w", err)
	}
	for _, file := range paths {
		if err := templates.add(layout, files, file[:len(file)-len(".html")], file); err != nil {
			return nil, err
		}
	}
	return templates, nil
}

func (t *Templates) add(layout *template.Template, files fs.FS, name, file string) error {
	page, err := layout.Clone()
	if err == nil {
		page, err = page.ParseFS(files, file)
	}
	if err != nil {
		return fmt.Errorf("parse page %s: %w", name, err)
	}
	t.pages[name] = page
	return nil
}

// Render writes the page called name.
func (t *Templates) Render(w io.Writer, name string, data any) error {
	page, ok := t.pages[name]
	if !ok {
		return fmt.Errorf("there is no page %q", name)
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	return nil
}
