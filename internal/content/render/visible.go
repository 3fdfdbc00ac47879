package render

import (
	"bytes"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// isVisible reports whether a reader sees something of sanitized HTML: text or an image. It reads no further than that.
func isVisible(fragment []byte) bool {
	for tokens := html.NewTokenizer(bytes.NewReader(fragment)); ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return false
		case html.TextToken:
			if naming.IsVisible(string(tokens.Text())) {
				return true
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, hasAttributes := tokens.TagName(); atom.Lookup(name) == atom.Img && hasAttributes {
				return true
			}
		}
	}
}
