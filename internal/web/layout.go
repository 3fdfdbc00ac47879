package web

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"time"
)

//go:embed look
var look embed.FS

// Look is the frame of every page, with the style sheet and the icon that it names.
type Look struct {
	// Assets serves them.
	Assets      *Assets
	theme, icon string
}

// NewLook returns the product's look.
func NewLook() (*Look, error) {
	files, err := fs.Sub(look, "look")
	if err != nil {
		return nil, fmt.Errorf("open the embedded files: %w", err)
	}
	assets, err := LoadAssets(files, "theme.css", "icon.svg", "progress.js")
	if err != nil {
		return nil, err
	}
	return &Look{Assets: assets, theme: assets.Address("theme.css"), icon: assets.Address("icon.svg")}, nil
}

// Page is what the frame shows of one page.
type Page struct {
	// Title is the page's own; the frame adds Site.
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
	// Links stand beside the site's name.
	Links []Link
	// Writing is where the site's owner begins to write, at the foot of the page. Empty: there is no such link.
	Writing string
	// Script is the address of a script that helps with the page. Empty: none.
	Script string
	// Refresh is when the page loads itself again where scripts do not run. 0: never.
	Refresh time.Duration
}

// Link leads to another page.
type Link struct {
	// Address and Text are where it leads and what it says.
	Address, Text string
	// Current says that it is the page itself.
	Current bool
}

// Frame writes a page around what main writes. Its own ids have a full stop in them, which those in posts cannot have.
func (l *Look) Frame(m Markup, p Page, main func(Markup) Markup) Markup {
	m = m.HTML("<!DOCTYPE html>\n<html lang=\"en\">\n")
	m = l.head(m, p)
	m = m.HTML("<body>\n<a class=\"skip\" href=\"#page.content\">Skip to the content</a>\n")
	m = masthead(m, p)
	m = main(m.HTML("<main id=\"page.content\" tabindex=\"-1\">\n")).HTML("</main>\n")
	m = m.HTML("<footer class=\"colophon\">\n<p>")
	if p.Site != "" {
		m = m.Text(p.Site).HTML(" · ")
	}
	if p.Writing != "" {
		m = m.HTML(`<a href="`).Text(p.Writing).HTML(`" rel="nofollow">Write</a> · `)
	}
	return m.HTML("Served by EchoBlogs</p>\n</footer>\n</body>\n</html>\n")
}

func (l *Look) head(m Markup, p Page) Markup {
	m = m.HTML(`<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>`).Text(p.Title)
	if p.Site != "" && p.Site != p.Title {
		m = m.HTML(" · ").Text(p.Site)
	}
	m = m.HTML("</title>\n")
	if p.Description != "" {
		m = m.HTML(`<meta name="description" content="`).Text(p.Description).HTML("\">\n")
	}
	if p.Canonical != "" {
		m = m.HTML(`<link rel="canonical" href="`).Text(p.Canonical).HTML("\">\n")
	} else {
		m = m.HTML("<meta name=\"robots\" content=\"noindex\">\n")
	}
	if p.Feed != "" {
		m = m.HTML(`<link rel="alternate" type="application/atom+xml" title="`).Text(p.Site).HTML(`" href="`).Text(p.Feed).HTML("\">\n")
	}
	m = m.HTML(`<link rel="icon" type="image/svg+xml" href="`).Text(l.icon).HTML("\">\n")
	if p.Script != "" {
		m = m.HTML(`<script type="module" src="`).Text(p.Script).HTML("\"></script>\n")
	}
	if p.Refresh > 0 {
		m = m.HTML(`<noscript><meta http-equiv="refresh" content="`).Text(strconv.Itoa(int(p.Refresh.Seconds()))).HTML("\"></noscript>\n")
	}
	return m.HTML(`<link rel="stylesheet" href="`).Text(l.theme).HTML("\">\n</head>\n")
}

func masthead(m Markup, p Page) Markup {
	if p.Site == "" {
		return m
	}
	m = m.HTML("<header class=\"masthead\">\n")
	if p.Home {
		m = m.HTML(`<h1 class="site"><a href="/" aria-current="page">`).Text(p.Site).HTML("</a></h1>\n")
	} else {
		m = m.HTML(`<p class="site"><a href="/">`).Text(p.Site).HTML("</a></p>\n")
	}
	return navigation(m, p).HTML("</header>\n")
}

func navigation(m Markup, p Page) Markup {
	if p.Feed == "" && len(p.Links) == 0 {
		return m
	}
	m = m.HTML(`<nav aria-label="Site">`)
	for _, link := range p.Links {
		m = m.HTML(`<a href="`).Text(link.Address).HTML(`"`)
		if link.Current {
			m = m.HTML(` aria-current="page"`)
		}
		m = m.HTML(`>`).Text(link.Text).HTML("</a>\n")
	}
	if p.Feed != "" {
		m = m.HTML(`<a href="`).Text(p.Feed).HTML(`">Feed</a>`)
	}
	return m.HTML("</nav>\n")
}
