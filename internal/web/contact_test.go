package web_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestLinkContact(t *testing.T) {
	t.Parallel()
	const ask = "<Now> contact support."
	for name, test := range map[string]struct {
		contact        web.Contact
		sentence, want string
	}{
		"email address": {"mailto:help@example.com", ask, `&lt;Now&gt; contact support (<a href="mailto:help@example.com">help@example.com</a>).`},
		"page":          {"https://example.com/", ask, `&lt;Now&gt; contact support (<a href="https://example.com/">example.com</a>).`},
		"address with special characters": {
			`https://example.com/?a&"b`, ask, `&lt;Now&gt; contact support (<a href="https://example.com/?a&amp;&#34;b">example.com/?a&amp;&#34;b</a>).`,
		},
		"no contact":          {"", ask, "&lt;Now&gt; contact support."},
		"other scheme":        {"javascript:alert(1)", ask, "&lt;Now&gt; contact support."},
		"sentence without it": {"mailto:help@example.com", "Nothing is <lost>.", "Nothing is &lt;lost&gt;."},
		"start of a sentence": {"mailto:h@e", "Contact support", `Contact support (<a href="mailto:h@e">h@e</a>)`},
		"only the first":      {"mailto:h@e", ask + ask, `&lt;Now&gt; contact support (<a href="mailto:h@e">h@e</a>).&lt;Now&gt; contact support.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(web.HTMLWriter(nil).LinkContact(test.sentence, test.contact)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := string(test.contact.LinkContact(test.sentence)); got != test.want {
				t.Errorf("in a template: %s", got)
			}
		})
	}
}
