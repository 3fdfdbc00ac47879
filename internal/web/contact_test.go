package web_test

import (
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/web"
)

// TestContactLink looks for the link to support in the footer of a page.
func TestContactLink(t *testing.T) {
	t.Parallel()
	layout, err := web.NewLayout()
	if err != nil {
		t.Fatal(err)
	}
	for contact, want := range map[web.Contact]string{
		"mailto:help@example.com":        `<a href="mailto:help@example.com">Contact support</a>`,
		"https://example.com/":           `<a href="https://example.com/">Contact support</a>`,
		`https://example.com/?a&"b`:      `<a href="https://example.com/?a&amp;&#34;b">Contact support</a>`,
		"":                               "",
		"javascript:alert(1)":            "",
		"http://unencrypted.example.org": "",
	} {
		page := string(layout.Frame(nil, web.Page{Title: "Title", Contact: contact}, func(b web.HTMLWriter) web.HTMLWriter { return b }))
		if want != "" && !strings.Contains(page, want) || want == "" && strings.Contains(page, "Contact support") {
			t.Errorf("%q: want %q in\n%s", contact, want, page)
		}
	}
}

func TestContactShown(t *testing.T) {
	t.Parallel()
	for contact, want := range map[web.Contact]string{
		"mailto:help@example.com": "help@example.com", "https://example.com/": "example.com", "https://example.com/help": "example.com/help", "ftp://example.com": "",
	} {
		if got := contact.Shown(); got != want {
			t.Errorf("%s: got %q, want %q", contact, got, want)
		}
	}
}
