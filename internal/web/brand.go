package web

// Column is how wide the content of a page of the public site is.
type Column string

// The columns.
const (
	// Wide is for pages with lists and settings.
	Wide Column = "wide"
	// Narrow is for pages with one form.
	Narrow Column = "narrow"
	// Full is for pages whose parts have grounds of their own, from edge to edge.
	Full Column = "full"
)

// Brand is the identity of the public site, which its pages have instead of that of a blog.
type Brand struct {
	// Name is the name of the site. Empty: it is unknown, and the page has no header.
	Name string
	// Column is how wide the content is.
	Column Column
	// Legal are links to the terms, the privacy policy and the imprint, at the end of the page.
	Legal []Link
}

// branded writes a page of the public site around the output of main.
func (l *Layout) branded(m HTMLWriter, p Page, main func(HTMLWriter) HTMLWriter) HTMLWriter {
	m = m.HTML(`<body class="`).Text(string(p.Brand.Column)).HTML("\">\n<a class=\"skip\" href=\"#page.content\">Skip to the content</a>\n")
	if p.Brand.Name != "" {
		m = l.logo(m.HTML("<header class=\"top\"><div class=\"wrap\">\n"), p)
		if len(p.Links) > 0 {
			m = m.HTML("<nav aria-label=\"Site\">\n")
			for _, link := range p.Links {
				m = writeLink(m, link)
			}
			m = m.HTML("</nav>\n")
		}
		m = m.HTML("</div></header>\n")
	}
	m = main(m.HTML("<main id=\"page.content\" tabindex=\"-1\">\n"))
	if p.Reference != "" {
		m = m.HTML(`<p class="aside">ID: `).Text(p.Reference).HTML("</p>\n")
	}
	return l.foot(m.HTML("</main>\n"), p).HTML("</body>\n</html>\n")
}

func (l *Layout) logo(m HTMLWriter, p Page) HTMLWriter {
	m = m.HTML(`<a class="logo" href="/"`)
	if p.Home {
		m = m.HTML(` aria-current="page"`)
	}
	return m.HTML(`><img src="`).Text(l.icon).HTML(`" alt="" width="32" height="32">`).Text(p.Brand.Name).HTML("</a>\n")
}

// foot writes the links at the end of a page of the public site.
func (l *Layout) foot(m HTMLWriter, p Page) HTMLWriter {
	links := p.Brand.Legal
	if support := p.Contact.Link(); support != nil {
		links = append([]Link{*support}, links...)
	}
	m = m.HTML("<footer class=\"foot\"><div class=\"wrap\">\n")
	if p.Brand.Name == "" {
		m = m.HTML("<p>Served by EchoBlogs</p>\n")
	} else {
		m = l.logo(m, p)
	}
	if len(links) > 0 {
		m = m.HTML("<nav aria-label=\"About this site\">\n")
		for _, link := range links {
			m = writeLink(m, link)
		}
		m = m.HTML("</nav>\n")
	}
	return m.HTML("</div></footer>\n")
}
