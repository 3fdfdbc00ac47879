package render

import (
	"bytes"
	"net/url"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// policy differs from bluemonday's policy for user-generated content (UGCPolicy) as follows: no first-level headings,
// ids only on headings, images only over https or from the blog itself (the page's Content-Security-Policy blocks all
// others), no elements that a blog has no use for (image maps, meters), and <kbd> is allowed.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardURLs() // http, https, mailto and relative URLs
	p.RequireNoFollowOnLinks(false)
	p.RequireNoFollowOnFullyQualifiedLinks(true)

	p.AllowElements("p", "br", "hr", "div", "span", "wbr", "h2", "h3", "h4", "h5", "h6",
		"strong", "em", "b", "i", "u", "s", "strike", "mark", "small", "sub", "sup", "abbr", "cite", "dfn", "q",
		"code", "pre", "kbd", "samp", "var", "blockquote", "ruby", "rp", "rt", "bdi",
		"figure", "figcaption", "details", "summary", "del", "ins", "time")
	p.AllowLists()
	p.AllowTables()

	p.AllowAttrs("title").Globally() // any text: the sanitizer escapes it
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^-?[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$`)).Globally()
	// The ids of the page itself contain a full stop, so that headings cannot clash with them.
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\p{L}\p{N}_-]+$`)).OnElements("h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("cite").OnElements("blockquote", "q", "del", "ins")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time", "del", "ins")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`(?i)^(|open)$`)).OnElements("details")

	p.AllowAttrs("src").Matching(imageAddress).OnElements("img")
	p.RewriteSrc(secureImage)
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,5}$`)).OnElements("img")

	// Attributes that the renderers and transformer write.
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^table$`)).OnElements("div")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^tasks$`)).OnElements("ul", "ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(wide|full|pair|row)$`)).OnElements("figure")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(top|bottom|left|right|(top|bottom) (left|right))$`)).OnElements("img")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^[ksmfc]$`)).OnElements("span")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^fn(ref[0-9]*)?:[0-9]+$`)).OnElements("li", "sup")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^doc-(noteref|backlink)$`)).OnElements("a")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^doc-endnotes$`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div", "pre")
	return p
}

// imageAddress matches the addresses of images that a page can show: those on other hosts, or from the blog itself. Without a
// colon, a relative address has no scheme; the address of another host begins with two slashes.
var imageAddress = regexp.MustCompile(`(?i)^((https?:)?//[^/\\]|/($|[^/\\])|[^/\\:?#\s][^\\:\s]*$)`)

// secureImage makes the address of an image on another host one over https: browsers do the same, or show nothing.
func secureImage(address *url.URL) {
	if address.Host != "" {
		address.Scheme = "https"
	}
}

// sanitize removes everything that the policy does not allow. Escaping can make text longer, so the result is limited
// again.
func sanitize(raw []byte) ([]byte, error) {
	var sanitized limitedBuffer
	if err := policy.SanitizeReaderToWriter(bytes.NewReader(raw), &sanitized); err != nil {
		return nil, err
	}
	// The policy drops the rel attributes of authors and writes its own in exactly this form. Quotation marks in text
	// are escaped, so the replacement cannot match anywhere else.
	html := bytes.ReplaceAll(sanitized.Bytes(), []byte(` rel="nofollow"`), []byte(` rel="nofollow noopener"`))
	html = labelTables(html)
	switch {
	case len(html) > MaxHTMLBytes:
		return nil, ErrTooLarge
	case bytes.Count(html, []byte{'<'}) > maxTags: // text has none
		return nil, ErrTooComplex
	}
	return html, nil
}

// limitedBuffer refuses more than MaxHTMLBytes.
type limitedBuffer struct{ bytes.Buffer }

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > MaxHTMLBytes {
		return 0, ErrTooLarge
	}
	return b.Buffer.Write(p)
}

// WriteString implements io.StringWriter.
func (b *limitedBuffer) WriteString(s string) (int, error) {
	if b.Len()+len(s) > MaxHTMLBytes {
		return 0, ErrTooLarge
	}
	return b.Buffer.WriteString(s)
}
