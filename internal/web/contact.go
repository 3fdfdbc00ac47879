package web

import (
	"html/template"
	"regexp"
	"strings"
)

// Contact is the address of support: a mailto or an https address. Empty: none.
type Contact string

// contactSupport is the phrase that LinkContact adds the address to.
var contactSupport = regexp.MustCompile(`[Cc]ontact support`)

// Shown returns the address as people read it. Empty: there is none.
func (c Contact) Shown() string {
	for _, scheme := range []string{"mailto:", "https://"} {
		if address, ok := strings.CutPrefix(string(c), scheme); ok {
			return strings.TrimSuffix(address, "/")
		}
	}
	return ""
}

// LinkContact appends a sentence, with a link to the contact after the words "contact support".
func (b HTMLWriter) LinkContact(sentence string, c Contact) HTMLWriter {
	phrase := contactSupport.FindStringIndex(sentence)
	if phrase == nil || c.Shown() == "" {
		return b.Text(sentence)
	}
	b = b.Text(sentence[:phrase[1]]).HTML(` (<a href="`).Text(string(c)).HTML(`">`).Text(c.Shown()).HTML("</a>)")
	return b.Text(sentence[phrase[1]:])
}

// LinkContact is HTMLWriter.LinkContact for templates.
func (c Contact) LinkContact(sentence string) template.HTML {
	return template.HTML(HTMLWriter(nil).LinkContact(sentence, c)) //nolint:gosec // HTMLWriter escapes it
}
