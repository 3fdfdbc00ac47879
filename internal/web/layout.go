package web

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"time"
)

//go:embed layout
var layoutFiles embed.FS

// Layout is the frame of every page, with its style sheet and icon.
type Layout struct {
	// Assets serves the style sheets, the fonts, the icon and the scripts.
	Assets            *Assets
	theme, site, icon string
	// bodyFont is the address of the font that most text of the public site has.
	bodyFont string
}

// NewLayout returns the layout of the product.
func NewLayout() (*Layout, error) {
	files, err := fs.Sub(layoutFiles, "layout")
	if err != nil {
		return nil, fmt.Errorf("open the embedded files: %w", err)
	}
	assets, err := LoadAssets(files, "fonts/bricolage-grotesque-latin-wght-normal.woff2", "fonts/bricolage-grotesque-latin-ext-wght-normal.woff2",
		"fonts/instrument-sans-latin-wght-normal.woff2", "fonts/instrument-sans-latin-ext-wght-normal.woff2", "site.css", "landing.css", "name.js", "preview.png",
		"look-folio.jpg", "look-ticker.jpg", "look-darkroom.jpg",
		"theme.css", "icon.svg", "progress.js", "editor.css", "posts.css", "editor.js", "markdown.js", "paste.js", "saving.js",
		"state.js", "copies.js", "upload.js", "writing.js", "publish.js", "clipboard.js", "handover.js", "draft.js", "landing.js", "register.js", "home.js", "look.js")
	if err != nil {
		return nil, err
	}
	return &Layout{
		Assets: assets, theme: assets.Address("theme.css"), site: assets.Address("site.css"), icon: assets.Address("icon.svg"),
		bodyFont: assets.Address("instrument-sans-latin-wght-normal.woff2"),
	}, nil
}

// Page describes a page for the layout.
type Page struct {
	// Title is the title of the page; the layout appends Site.
	Title string
	// Site is the name of the site, shown at the top. Empty: none, as on pages for unknown hosts.
	Site string
	// Home is true for the home page, whose heading is the name of the site.
	Home bool
	// Brand is the identity of the public site, for its pages. nil: the page belongs to a blog.
	Brand *Brand
	// Language is the BCP 47 tag of the page, apart from the words of the layout, which are English, and Direction is ltr or rtl.
	// Empty: English, from left to right.
	Language, Direction string
	// Tagline is shown under the name of the site. Empty: none.
	Tagline string
	// Description is for search engines and link previews. Empty: none.
	Description string
	// Canonical is the canonical URL of the page. Empty: none, and search engines are asked not to index the page.
	Canonical string
	// NoIndex asks search engines not to index the page even if it has a canonical URL.
	NoIndex bool
	// Preview is for other sites that link to the page. nil: none.
	Preview *LinkPreview
	// Profiles are addresses of the same person elsewhere (rel=me).
	Profiles []string
	// Feeds are what feed readers find. Empty: none.
	Feeds []Feed
	// Links are the navigation.
	Links []Link
	// OwnerLinks are for the owner of the site, before everything else. Empty: the client is not the owner.
	OwnerLinks []Link
	// Footer is sanitized HTML of the site's owner, at the end of the page.
	Footer string
	// LogIn is the URL of the "Log in" link in the footer. Empty: none.
	LogIn string
	// Contact is linked in the footer. Empty: no link.
	Contact Contact
	// Theme is the look of the page.
	Theme Theme
	// NewWindows opens the links of the page in new windows: the page is shown inside another one.
	NewWindows bool
	// Bare leaves out the top and the bottom of the page: the page is a tool with a bar of its own.
	Bare bool
	// Style is the URL of a style sheet besides the layout's. Empty: none.
	Style string
	// Script is the URL of a script that enhances the page. Empty: none.
	Script string
	// Reference identifies the request in the log, shown at the end of the page. Empty: none.
	Reference string
	// Refresh is how often the page reloads in browsers without scripts. 0: never.
	Refresh time.Duration
}

// Link is a link to another page.
type Link struct {
	Address, Text string
	// Current is true for the page itself.
	Current bool
	// Authored says that Text was written by a user, in the language with the BCP 47 tag Language. Empty: it is unknown.
	Authored bool
	Language string
}

// Feed is a feed with the posts of a page.
type Feed struct {
	// Type is the media type, Title what feed readers show, and Address the URL.
	Type, Title, Address string
}

// LinkPreview is what other sites show of a page that they link to (the Open Graph protocol).
type LinkPreview struct {
	// Type is website or article.
	Type string
	// Image is the URL of a picture, and ImageAlt says what it shows. Empty: none.
	Image, ImageAlt string
	// PublishedAt is when an article was published. The zero time: unknown.
	PublishedAt time.Time
}

// MarkCurrent returns the links, with the one to path marked as the current page.
func MarkCurrent(path string, links ...Link) []Link {
	for i := range links {
		links[i].Current = links[i].Address == path
	}
	return links
}

// Frame writes a page around the output of main. Its ids contain a full stop, which ids in posts cannot.
func (l *Layout) Frame(m HTMLWriter, p Page, main func(HTMLWriter) HTMLWriter) HTMLWriter {
	m = l.head(p.begin(m), p)
	if p.Brand != nil {
		return l.branded(m, p, main)
	}
	m = m.HTML("<body>\n<a class=\"skip\" href=\"#page.content\"")
	m = p.English(m).HTML(">Skip to the content</a>\n")
	if !p.Bare {
		m = masthead(ownerLinks(m, p), p)
	}
	m = main(m.HTML("<main id=\"page.content\" tabindex=\"-1\">\n"))
	if p.Reference != "" {
		m = m.HTML(`<p class="aside">ID: `).Text(p.Reference).HTML("</p>\n")
	}
	m = m.HTML("</main>\n")
	if p.Bare {
		return m.HTML("</body>\n</html>\n")
	}
	m = m.HTML("<footer class=\"colophon\">\n")
	if p.Footer != "" {
		m = m.HTML("<div class=\"prose\" dir=\"auto\" lang=\"").Text(p.Language).HTML("\">\n").Sanitized(p.Footer).HTML("</div>\n")
	}
	m = p.English(m.HTML("<p")).HTML(">")
	if p.Site != "" {
		m = m.HTML(`<bdi lang="">`).Text(p.Site).HTML("</bdi> · ")
	}
	if p.LogIn != "" {
		m = m.HTML(`<a href="`).Text(p.LogIn).HTML(`" rel="nofollow">Log in</a> · `)
	}
	if support := p.Contact.Link(); support != nil {
		m = m.HTML(`<a href="`).Text(support.Address).HTML(`">`).Text(support.Text).HTML("</a> · ")
	}
	return m.HTML("Served by EchoBlogs</p>\n</footer>\n</body>\n</html>\n")
}

// English appends the attribute of an element with English words, if the page is in another language.
func (p *Page) English(m HTMLWriter) HTMLWriter {
	if p.Language == "" {
		return m
	}
	return m.HTML(` lang="en"`)
}

// ownerLinks writes the links for the owner of the site.
func ownerLinks(m HTMLWriter, p Page) HTMLWriter {
	if len(p.OwnerLinks) == 0 {
		return m
	}
	m = p.English(m.HTML(`<nav class="owner" aria-label="Your blog"`)).HTML(">")
	for _, link := range p.OwnerLinks {
		m = writeLink(m, link)
	}
	return m.HTML("</nav>\n")
}

func (l *Layout) head(m HTMLWriter, p Page) HTMLWriter {
	m = m.HTML(`<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1`)
	if p.Bare {
		m = m.HTML(", interactive-widget=resizes-content") // what is at the bottom edge stays above the keyboard of a phone
	}
	m = m.HTML(`">
<meta name="color-scheme" content="light dark">
<title>`).Text(p.Title)
	switch {
	case p.Site != "" && p.Site != p.Title:
		m = m.HTML(" · ").Text(p.Site)
	case p.Brand != nil && p.Tagline != "":
		m = m.HTML(": ").Text(p.Tagline)
	}
	m = m.HTML("</title>\n")
	if p.Description != "" {
		m = m.HTML(`<meta name="description" content="`).Text(p.Description).HTML("\">\n")
	}
	if p.Canonical != "" {
		m = m.HTML(`<link rel="canonical" href="`).Text(p.Canonical).HTML("\">\n")
	}
	if p.Canonical == "" || p.NoIndex {
		m = m.HTML("<meta name=\"robots\" content=\"noindex\">\n")
	}
	if p.Preview != nil {
		m = preview(m, p)
	}
	for _, address := range p.Profiles {
		m = m.HTML(`<link rel="me" href="`).Text(address).HTML("\">\n")
	}
	for _, f := range p.Feeds {
		m = m.HTML(`<link rel="alternate" type="`).Text(f.Type).HTML(`" title="`).Text(f.Title).HTML(`" href="`).Text(f.Address).HTML("\">\n")
	}
	m = m.HTML(`<link rel="icon" type="image/svg+xml" href="`).Text(l.icon).HTML("\">\n")
	if p.Script != "" {
		m = m.HTML(`<script type="module" src="`).Text(p.Script).HTML("\"></script>\n")
	}
	if p.Refresh > 0 {
		m = m.HTML(`<noscript><meta http-equiv="refresh" content="`).Text(strconv.Itoa(int(p.Refresh.Seconds()))).HTML("\"></noscript>\n")
	}
	if p.NewWindows {
		m = m.HTML("<base target=\"_blank\">\n")
	}
	m = l.styles(m, p)
	if p.Style != "" {
		m = m.HTML(`<link rel="stylesheet" href="`).Text(p.Style).HTML("\">\n")
	}
	return m.HTML("</head>\n")
}

// styles links the style sheets of a page.
func (l *Layout) styles(m HTMLWriter, p Page) HTMLWriter {
	if p.Brand == nil {
		return l.themeStyles(m, p)
	}
	m = m.HTML(`<link rel="preload" as="font" type="font/woff2" crossorigin href="`).Text(l.bodyFont).HTML("\">\n")
	return m.HTML(`<link rel="stylesheet" href="`).Text(l.site).HTML("\">\n")
}

func masthead(m HTMLWriter, p Page) HTMLWriter {
	if p.Site == "" {
		return m
	}
	m = m.HTML("<header class=\"masthead\">\n")
	if p.Home {
		m = m.HTML(`<h1 class="site" dir="auto" lang=""><a href="/" aria-current="page">`).Text(p.Site).HTML("</a></h1>\n")
	} else {
		m = m.HTML(`<p class="site" dir="auto" lang=""><a href="/">`).Text(p.Site).HTML("</a></p>\n")
	}
	if p.Tagline != "" {
		m = m.HTML(`<p class="tagline" dir="auto" lang="`).Text(p.Language).HTML(`">`).Text(p.Tagline).HTML("</p>\n")
	}
	return navigation(m, p).HTML("</header>\n")
}

func navigation(m HTMLWriter, p Page) HTMLWriter {
	if len(p.Links) == 0 {
		return m
	}
	m = p.English(m.HTML(`<nav aria-label="Site"`)).HTML(">")
	for _, link := range p.Links {
		m = writeLink(m, link)
	}
	return m.HTML("</nav>\n")
}

func writeLink(m HTMLWriter, link Link) HTMLWriter {
	m = m.HTML(`<a href="`).Text(link.Address).HTML(`"`)
	if link.Current {
		m = m.HTML(` aria-current="page"`)
	}
	if link.Authored {
		return m.HTML(`><bdi lang="`).Text(link.Language).HTML(`">`).Text(link.Text).HTML("</bdi></a>\n")
	}
	return m.HTML(`>`).Text(link.Text).HTML("</a>\n")
}
