package posts

import (
	"bytes"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// policy is bluemonday's for what users write (UGCPolicy), with these changes: no heading of the first level, names
// only for headings, images only by https or from the blog itself (the page's Content-Security-Policy refuses others),
// nothing that a blog does not need (image maps, meters), and <kbd>.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardURLs() // http, https, mailto and relative ones
	p.RequireNoFollowOnLinks(false)
	p.RequireNoFollowOnFullyQualifiedLinks(true)

	p.AllowElements("p", "br", "hr", "div", "span", "wbr", "h2", "h3", "h4", "h5", "h6",
		"strong", "em", "b", "i", "u", "s", "strike", "mark", "small", "sub", "sup", "abbr", "cite", "dfn", "q",
		"code", "pre", "kbd", "samp", "var", "blockquote", "ruby", "rp", "rt", "bdi",
		"figure", "figcaption", "details", "summary", "del", "ins", "time")
	p.AllowLists()
	p.AllowTables()

	p.AllowAttrs("title").Matching(bluemonday.Paragraph).Globally()
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$`)).Globally()
	// The page's own names have a full stop in them, so that no heading can take one.
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\p{L}\p{N}_-]+$`)).OnElements("h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("cite").OnElements("blockquote", "q", "del", "ins")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time", "del", "ins")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`(?i)^(|open)$`)).OnElements("details")

	p.AllowAttrs("src").Matching(regexp.MustCompile(`(?i)^(https://|/($|[^/\\])|[\w.][\w./-]*$)`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,5}$`)).OnElements("img")

	// What the renderer itself writes.
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^table$`)).OnElements("div")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^tasks$`)).OnElements("ul", "ol")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div", "pre")
	return p
}

// sanitise returns html without what the policy does not allow.
func sanitise(html []byte) []byte {
	// The policy lets no rel attribute of an author's through and writes its own in this one form; a quotation mark
	// in text is escaped, so nothing else has it.
	return bytes.ReplaceAll(policy.SanitizeBytes(html), []byte(` rel="nofollow"`), []byte(` rel="nofollow noopener"`))
}
