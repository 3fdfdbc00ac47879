package web

import "time"

// preview writes what other sites show of a page that they link to.
func preview(m HTMLWriter, p Page) HTMLWriter {
	m = property(m, "og:type", p.Preview.Type)
	m = property(m, "og:title", p.Title)
	m = property(m, "og:site_name", p.Site)
	m = property(m, "og:url", p.Canonical)
	m = property(m, "og:description", p.Description)
	m = property(m, "og:image", p.Preview.Image)
	if p.Preview.Image != "" {
		m = property(m, "og:image:alt", p.Preview.ImageAlt)
	}
	if at := p.Preview.PublishedAt; !at.IsZero() {
		m = property(m, "article:published_time", at.UTC().Format(time.RFC3339))
	}
	return m
}

// property writes a property that has a value.
func property(m HTMLWriter, name constant, value string) HTMLWriter {
	if value == "" {
		return m
	}
	return m.HTML(`<meta property="`).HTML(name).HTML(`" content="`).Text(value).HTML("\">\n")
}
