package render

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The cost of goldmark's inline parsers is quadratic in the number of delimiters of a paragraph, and rendering recurses
// into nested elements: a megabyte of "*a_" would take six minutes, and a megabyte of ">" would overflow the stack. Real
// posts do not come near these limits; markup beyond them stays plain text.
const (
	// maxDelimiters is the number of characters per paragraph, heading or table cell that may start inline markup.
	maxDelimiters = 1000
	// maxReferenceLines is the number of lines of a paragraph that may hold link reference definitions.
	maxReferenceLines = 1000
	// maxDepth is the nesting depth of block quotes and lists.
	maxDepth = 50
)

// newParser returns goldmark's parser for GitHub-flavored Markdown with these limits and those of the budget.
func newParser(more ...parser.Option) parser.Parser {
	blocks := []util.PrioritizedValue{
		util.Prioritized(parser.NewSetextHeadingParser(parser.WithAutoHeadingID()), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(limitedContainer{parser.NewListParser()}, 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(parser.WithAutoHeadingID()), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(limitedContainer{parser.NewBlockquoteParser()}, 800),
		util.Prioritized(parser.NewHTMLBlockParser(), 900),
		util.Prioritized(limitedContainer{limitedFootnotes{extension.NewFootnoteBlockParser()}}, 999),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	}
	for i, block := range blocks {
		blocks[i].Value = countedBlock{block.Value.(parser.BlockParser)}
	}
	inline := append(parser.DefaultInlineParsers(),
		util.Prioritized(delimiterLimit{}, 0),
		util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
		util.Prioritized(countedReferences{extension.NewFootnoteParser()}, 101),
		util.Prioritized(extension.NewStrikethroughParser(), 500),
		util.Prioritized(extension.NewLinkifyParser(), 999),
	)
	for i, parse := range inline {
		inline[i].Value = countedInline{parse.Value.(parser.InlineParser)}
	}
	return parser.NewParser(append(more,
		parser.WithBlockParsers(blocks...),
		parser.WithInlineParsers(inline...),
		parser.WithParagraphTransformers(
			util.Prioritized(limitedReferences{parser.LinkReferenceParagraphTransformer}, 100),
			util.Prioritized(countedTable{extension.NewTableParagraphTransformer()}, 200),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
			util.Prioritized(transformer{}, 500),
			util.Prioritized(extension.NewFootnoteASTTransformer(), 999),
		),
	)...)
}

// limitedContainer opens no block deeper than maxDepth.
type limitedContainer struct{ parser.BlockParser }

// Open implements parser.BlockParser.
func (l limitedContainer) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for node := parent; node != nil; node = node.Parent() {
		if depth++; depth > maxDepth {
			return nil, parser.NoChildren
		}
	}
	return l.BlockParser.Open(parent, reader, pc)
}

// limitedReferences skips paragraphs of more than maxReferenceLines lines.
type limitedReferences struct{ parser.ParagraphTransformer }

// Transform implements parser.ParagraphTransformer.
func (l limitedReferences) Transform(paragraph *ast.Paragraph, reader text.Reader, pc parser.Context) {
	if paragraph.Lines().Len() <= maxReferenceLines {
		l.ParagraphTransformer.Transform(paragraph, reader, pc)
	}
}

// delimiterLimit runs before the other inline parsers and turns delimiters beyond maxDelimiters into text.
type delimiterLimit struct{}

// delimiters counts the delimiters of one block.
type delimiters struct {
	block ast.Node
	count int
}

var delimitersKey = parser.NewContextKey()

// Trigger returns the characters that start or end emphasis, strikethrough, links and images.
func (delimiterLimit) Trigger() []byte { return []byte("*_~[]!") }

// Parse returns nil, which leaves the character to the next parser, or the character as text.
func (delimiterLimit) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	seen, ok := pc.Get(delimitersKey).(*delimiters)
	if !ok || seen.block != parent {
		seen = &delimiters{block: parent}
		pc.Set(delimitersKey, seen)
	}
	line, position := block.PeekLine()
	run := delimiterRun(line)
	if seen.count += run; seen.count <= maxDelimiters {
		return nil
	}
	block.Advance(run)
	return ast.NewTextSegment(text.NewSegment(position.Start, position.Start+run))
}

// delimiterRun returns how many characters at the start of a line the next parser takes at once. Each two of a run of
// asterisks or underscores can start an element inside the others.
func delimiterRun(line []byte) int {
	if line[0] != '*' && line[0] != '_' {
		return 1
	}
	return len(line) - len(bytes.TrimLeft(line, string(line[0])))
}
