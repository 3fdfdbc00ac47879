package web_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestAsking(t *testing.T) {
	t.Parallel()
	const ask = "<Ask> those who run the site."
	for name, test := range map[string]struct {
		contact        web.Contact
		sentence, want string
	}{
		"by mail":   {"mailto:help@example.com", ask, `&lt;Ask&gt; those who run the site (<a href="mailto:help@example.com">help@example.com</a>).`},
		"by a page": {"https://example.com/", ask, `&lt;Ask&gt; those who run the site (<a href="https://example.com/">example.com</a>).`},
		"by an address that has to be escaped": {
			`https://example.com/?a&"b`, ask, `&lt;Ask&gt; those who run the site (<a href="https://example.com/?a&amp;&#34;b">example.com/?a&amp;&#34;b</a>).`,
		},
		"by nothing":           {"", ask, "&lt;Ask&gt; those who run the site."},
		"by what is no link":   {"javascript:alert(1)", ask, "&lt;Ask&gt; those who run the site."},
		"of nobody":            {"mailto:help@example.com", "Nothing is <lost>.", "Nothing is &lt;lost&gt;."},
		"of them alone":        {"mailto:h@e", "those who run the site", `those who run the site (<a href="mailto:h@e">h@e</a>)`},
		"of them for a second": {"mailto:h@e", ask + ask, `&lt;Ask&gt; those who run the site (<a href="mailto:h@e">h@e</a>).&lt;Ask&gt; those who run the site.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(web.HTMLWriter(nil).Asking(test.sentence, test.contact)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := string(test.contact.Asking(test.sentence)); got != test.want {
				t.Errorf("in a template: %s", got)
			}
		})
	}
}
