package editor

import (
	"cmp"
	"embed"
	"net/http"
	"slices"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

//go:embed pages/*.html
var templates embed.FS

// view is a page: a template and its data.
type view struct {
	// name is the file name of the template in pages/, without .html.
	name  string
	title string
	// Data is the data of the template.
	Data any
	// style is the name of a style sheet besides the layout's. Empty: none.
	style string
	// script is the name of a script. Empty: none.
	script string
	// tool makes the page a tool: with the style sheet and the script of that name, and without top and bottom.
	tool string
	// status is the status of the response. Defaults to 200.
	status int

	// show sets these: the current user, the address of the public site, and the link to support.
	Username, PublicURL string
	Support             *web.Link
}

// show answers with a page, which is never cached.
func (e *Editor) show(w http.ResponseWriter, r *request, v view) error {
	v.Username, v.PublicURL = r.username, r.tenant.PublicURL
	links := slices.Insert(site.OwnerLinks(r.tenant), 2, web.Link{Address: uploadsPath, Text: "Uploads"})
	links = append(links, web.Link{Address: "/logout/", Text: "Log out"})
	frame := e.WithContact(web.Page{Title: v.title, Site: r.tenant.DisplayName, Links: web.MarkCurrent(r.URL.Path, links...)})
	if v.style != "" {
		frame.Style = e.Layout.Assets.Address(v.style)
	}
	if v.script != "" {
		frame.Script = e.Layout.Assets.Address(v.script)
	}
	if v.tool != "" {
		frame.Bare, frame.Style, frame.Script = true, e.Layout.Assets.Address(v.tool+".css"), e.Layout.Assets.Address(v.tool+".js")
	}
	v.Support = frame.Contact.Link()
	return e.pages.Send(w, v.name, cmp.Or(v.status, http.StatusOK), frame, v)
}
