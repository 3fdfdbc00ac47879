package render

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// placeholder is what the editor's tool writes where the address of a link belongs.
const placeholder = "url"

// toCome matches what journalists write where something is still to come.
var toCome = regexp.MustCompile(`(?:TK)+`)

// warn warns of what a node lacks.
func (b *budget) warn(node ast.Node, source []byte) {
	if len(b.warnings.list) == maxNotes {
		return
	}
	switch node := node.(type) {
	case *ast.Image:
		if imageAddress.Match(util.URLEscape(head(node.Destination), true)) && !hasText(node, source) { // else readers do not see it
			b.warnings.add(node.Pos(), "The picture %s has no description.", noted(node.Destination))
		}
	case *ast.Link:
		if address := bytes.TrimSpace(node.Destination); len(address) == 0 || string(address) == placeholder { // a comparison copies nothing
			b.warnings.add(node.Pos(), "A link has no address.")
		}
	case *ast.Text:
		if node.Parent().Kind() == ast.KindCodeSpan {
			return
		}
		b.warnToCome(node.Segment.Start, node.Segment.Value(source))
	}
}

// hasText reports whether an image has a description: text in its brackets.
func hasText(image *ast.Image, source []byte) (found bool) {
	_ = ast.Walk(image, func(node ast.Node, _ bool) (ast.WalkStatus, error) {
		switch node := node.(type) {
		case *ast.Text:
			found = found || len(bytes.TrimSpace(node.Value(source))) > 0
		case *ast.String:
			found = found || len(bytes.TrimSpace(node.Value)) > 0
		}
		if found {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}

// warnToCome warns of the word TK.
func (b *budget) warnToCome(offset int, text []byte) {
	if !bytes.Contains(text, []byte("TK")) {
		return
	}
	for _, at := range toCome.FindAllIndex(text, maxNotes) {
		if !isPartOfWord(text[:at[0]], text[at[1]:]) {
			b.warnings.add(offset+at[0], "“TK” says that something is still to come.")
		}
	}
}

// isPartOfWord reports whether what is before or after a place continues a word.
func isPartOfWord(before, after []byte) bool {
	last, _ := utf8.DecodeLastRune(before)
	next, _ := utf8.DecodeRune(after)
	return isInWord(last) || isInWord(next)
}

func isInWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// warnHTML warns of images in HTML without a description. An empty one is the decision of its author.
func (b *budget) warnHTML(offset int, fragment []byte) {
	if !bytes.Contains(bytes.ToLower(fragment), []byte("<img")) {
		return
	}
	for tokens := html.NewTokenizer(bytes.NewReader(fragment)); len(b.warnings.list) < maxNotes; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return
		}
		length := len(tokens.Raw())
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			token := tokens.Token()
			if address := attribute(token, "src"); token.DataAtom == atom.Img && imageAddress.MatchString(address) && !hasAttribute(token, "alt") {
				b.warnings.add(offset, "The picture %s has no description.", noted([]byte(address)))
			}
		}
		offset += length
	}
}

func hasAttribute(tag html.Token, name string) bool {
	for _, a := range tag.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
