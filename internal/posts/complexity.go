package posts

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The cost of goldmark's inline parsers grows with the square of the number of delimiters in one paragraph, and what
// follows recurses into nested blocks: a megabyte of "*a_" would take six minutes, a megabyte of ">" the stack. Nothing
// that people write comes near these bounds; what is beyond them stays plain text.
const (
	// maxDelimiters is how many characters that may begin markup are heeded in one paragraph, heading or cell.
	maxDelimiters = 1000
	// maxReferenceLines is how long a paragraph may be that defines the addresses of links.
	maxReferenceLines = 1000
	// maxDepth is how deep quotes and lists nest.
	maxDepth = 50
)

// newParser returns goldmark's own parser with these bounds.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(boundedContainer{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(boundedContainer{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(append(parser.DefaultInlineParsers(), util.Prioritized(delimiterBound{}, 0))...),
		parser.WithParagraphTransformers(util.Prioritized(boundedReferences{parser.LinkReferenceParagraphTransformer}, 100)),
	)
}

// boundedContainer opens no block below maxDepth.
type boundedContainer struct{ parser.BlockParser }

// Open is goldmark's: it begins a block where one stands.
func (b boundedContainer) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for node := parent; node != nil; node = node.Parent() {
		if depth++; depth > maxDepth {
			return nil, parser.NoChildren
		}
	}
	return b.BlockParser.Open(parent, reader, pc)
}

// boundedReferences looks for addresses of links in no paragraph beyond maxReferenceLines.
type boundedReferences struct{ parser.ParagraphTransformer }

// Transform is goldmark's: it takes the addresses out of the paragraph.
func (b boundedReferences) Transform(paragraph *ast.Paragraph, reader text.Reader, pc parser.Context) {
	if paragraph.Lines().Len() <= maxReferenceLines {
		b.ParagraphTransformer.Transform(paragraph, reader, pc)
	}
}

// delimiterBound comes before the other inline parsers and takes the delimiters beyond maxDelimiters for text.
type delimiterBound struct{}

// delimiters counts those of one block.
type delimiters struct {
	block ast.Node
	count int
}

var delimitersKey = parser.NewContextKey()

// Trigger lists the characters that begin or end emphasis, strike-outs, links and images.
func (delimiterBound) Trigger() []byte { return []byte("*_~[]!") }

// Parse returns nil, so that the next parser looks at the character, or the character as text.
func (delimiterBound) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	seen, ok := pc.Get(delimitersKey).(*delimiters)
	if !ok || seen.block != parent {
		seen = &delimiters{block: parent}
		pc.Set(delimitersKey, seen)
	}
	if seen.count++; seen.count <= maxDelimiters {
		return nil
	}
	_, position := block.PeekLine()
	block.Advance(1)
	return ast.NewTextSegment(text.NewSegment(position.Start, position.Start+1))
}
