package web

import "cmp"

// Theme is the look of a page that its owner has chosen. The zero value is that of the layout.
type Theme struct {
	// Style is the URL of the style sheet, the only one of the page.
	Style string
	// Font is the URL of the font of the text, which browsers load at once. Empty: the style sheet needs none.
	Font string
	// Accent is the name of an accent in the style sheet. Empty: its own.
	Accent string
}

// begin writes the start of a page.
func (p *Page) begin(m HTMLWriter) HTMLWriter {
	m = m.HTML("<!DOCTYPE html>\n<html lang=\"").Text(cmp.Or(p.Language, "en"))
	if p.Direction != "" {
		m = m.HTML(`" dir="`).Text(p.Direction)
	}
	if p.Theme.Accent != "" {
		m = m.HTML(`" data-accent="`).Text(p.Theme.Accent)
	}
	return m.HTML("\">\n")
}

// themeStyles writes the link to the style sheet of the theme of a page, or of the layout.
func (l *Layout) themeStyles(m HTMLWriter, p Page) HTMLWriter {
	if p.Theme.Font != "" {
		m = m.HTML(`<link rel="preload" href="`).Text(p.Theme.Font).HTML("\" as=\"font\" type=\"font/woff2\" crossorigin>\n")
	}
	return m.HTML(`<link rel="stylesheet" href="`).Text(cmp.Or(p.Theme.Style, l.theme)).HTML("\">\n")
}
