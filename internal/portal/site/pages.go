package site

import (
	"cmp"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

// shared are the templates that all pages may use.
//
//go:embed pages/*.html
var shared embed.FS

// Pages shows the pages of one audience.
type Pages struct {
	site      *Site
	templates *web.Templates
}

// LoadPages parses the templates pages/*.html. It is called when the program starts, so that an invalid one fails then.
func (s *Site) LoadPages(files fs.FS) (*Pages, error) {
	templates, err := s.layout.LoadTemplates(shared, files)
	if err != nil {
		return nil, err
	}
	return &Pages{site: s, templates: templates}, nil
}

// Page is a page to show.
type Page struct {
	// Name is the file name of the template, without .html.
	Name string
	// Title is the title of the page.
	Title string
	// Data is the view of the page: the template reads it as .Data.
	Data any
	// Status is the HTTP status. 0: 200.
	Status int
	// Script is the file name of the script that enhances the page. Empty: none.
	Script string
	// Refresh is how often the page reloads in browsers without scripts. 0: never.
	Refresh time.Duration
	// Style is the file name of a style sheet of the page's own. Empty: none.
	Style string
	// Home is true for the home page.
	Home bool
	// Column is how wide the content is. Empty: web.Wide.
	Column web.Column
	// Links are the navigation. nil: what all pages have.
	Links []web.Link
	// Description is for search engines and other sites that link to the page, which may be indexed then. Empty: it is not.
	Description string
}

// view is what every template gets.
type view struct {
	// User is the current user. nil: the visitor is not logged in.
	User *userView
	// Notice reports what the previous request did. Empty: nothing.
	Notice  string
	Contact web.Contact
	// SignUpClosed reports whether sign-up is closed.
	SignUpClosed bool
	// Path is that of the request.
	Path string
	// Data is the view of the page.
	Data any
}

type userView struct {
	Username, Email string
	// Confirmed reports whether the user has confirmed the email address.
	Confirmed bool
}

// Show responds with a page. Caches do not keep it: it may be specific to the user.
func (p *Pages) Show(w http.ResponseWriter, r *Request, page Page) error {
	frame := web.Page{
		Title: page.Title, Home: page.Home, Brand: brand(r.Platform, cmp.Or(page.Column, web.Wide)), Links: page.Links, Contact: r.Contact(),
		Script: p.site.layout.Assets.Address(page.Script), Style: p.site.layout.Assets.Address(page.Style), Refresh: page.Refresh,
	}
	frame.Site = frame.Brand.Name
	if page.Links == nil {
		frame.Links = links(r)
	}
	if page.Description != "" {
		frame.Description, frame.Canonical, frame.Tagline = page.Description, r.PublicURL(r.URL.Path), r.Platform.Site().Tagline
		frame.Preview = &web.LinkPreview{Type: "website", Image: r.PublicURL(p.site.layout.Assets.Address("preview.png")), ImageAlt: "Start with the first sentence."}
	}
	status := cmp.Or(page.Status, http.StatusOK)
	if status >= http.StatusBadRequest {
		frame.Reference = r.ID
		p.site.log.LogAttrs(r.Context(), slog.LevelInfo, "Form refused", slog.String("id", r.ID), slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.Int("status", status))
	}
	shown := view{Notice: r.Notice, Contact: r.Contact(), SignUpClosed: r.SignUpClosed(), Path: r.URL.Path, Data: page.Data}
	if u := r.User; u != nil {
		shown.User = &userView{Username: u.Username, Email: u.Email, Confirmed: !u.ConfirmedAt.IsZero()}
	}
	return p.templates.Send(w, page.Name, status, frame, shown)
}

// links returns the navigation links at the top of every page.
func links(r *Request) []web.Link {
	switch {
	case r.User == nil && r.SignUpClosed():
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
