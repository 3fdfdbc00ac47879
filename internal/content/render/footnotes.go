package render

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
)

// maxFootnotes is the number of footnotes of a post, each of which is compared with every reference. Those beyond stay text.
const maxFootnotes = 1000

var footnotesKey = parser.NewContextKey()

// limitedFootnotes opens at most maxFootnotes footnotes.
type limitedFootnotes struct{ parser.BlockParser }

// Open implements parser.BlockParser.
func (l limitedFootnotes) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	count, _ := pc.Get(footnotesKey).(int)
	if count >= maxFootnotes {
		return nil, parser.NoChildren
	}
	node, state := l.BlockParser.Open(parent, reader, pc)
	if node != nil {
		pc.Set(footnotesKey, count+1)
	}
	return node, state
}

// countedReferences takes the comparisons of a reference with all footnotes from the budget.
type countedReferences struct{ parser.InlineParser }

// Parse implements parser.InlineParser.
func (c countedReferences) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if len(line) > 2 && (line[1] == '^' || line[2] == '^') {
		count, _ := pc.Get(footnotesKey).(int)
		budgetOf(pc).spend(count / 16) // a node takes as long as some 16 comparisons
	}
	return c.InlineParser.Parse(parent, block, pc)
}

// newFootnoteRenderer renders references as superscript numbers, and the footnotes as a list at the end. A page tells them by
// their roles (WAI-ARIA: doc-noteref, doc-endnotes, doc-backlink).
func newFootnoteRenderer() renderer.NodeRenderer {
	return extension.NewFootnoteHTMLRenderer(extension.WithFootnoteLinkClass(""), extension.WithFootnoteBacklinkClass(""))
}
