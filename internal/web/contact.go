package web

import (
	"html/template"
	"strings"
)

// Contact is where people reach those who run the site: a mailto or an https address. Empty: nowhere.
type Contact string

// whoRuns is what every sentence calls them that tells people to ask.
const whoRuns = "those who run the site"

// Shown returns the address as people read it. Empty: there is none.
func (c Contact) Shown() string {
	for _, scheme := range []string{"mailto:", "https://"} {
		if address, ok := strings.CutPrefix(string(c), scheme); ok {
			return strings.TrimSuffix(address, "/")
		}
	}
	return ""
}

// Asking adds a sentence. Where it speaks of those who run the site, it links to where they are reached.
func (b HTMLWriter) Asking(sentence string, c Contact) HTMLWriter {
	before, after, found := strings.Cut(sentence, whoRuns)
	if !found || c.Shown() == "" {
		return b.Text(sentence)
	}
	return b.Text(before).HTML(whoRuns + ` (<a href="`).Text(string(c)).HTML(`">`).Text(c.Shown()).HTML("</a>)").Text(after)
}

// Asking is HTMLWriter.Asking for templates.
func (c Contact) Asking(sentence string) template.HTML {
	return template.HTML(HTMLWriter(nil).Asking(sentence, c)) //nolint:gosec // HTMLWriter escapes it
}
