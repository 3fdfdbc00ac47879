package render

import (
	"bytes"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// What one rendering may use at most. A post of 1 MiB of prose takes a tenth of it.
const (
	// MaxHTMLBytes is the maximum size of the HTML. It can be larger than its Markdown: a quotation mark becomes an entity
	// of five bytes, and a reference to a link its address.
	MaxHTMLBytes = 4 << 20
	// maxRawBytes is the maximum size of the HTML before it is sanitized, which makes some of it shorter.
	maxRawBytes = MaxHTMLBytes * 3 / 2
	// maxNodes is the number of lines, elements and runs of text, each of which takes about 300 bytes of memory.
	maxNodes = 200_000
	// maxTags is the number of tags in the HTML. Raw HTML in Markdown is one node, whatever is in it.
	maxTags = 2 * maxNodes
	// maxEscapedPipes is the number of pipes in code in tables, each of which is looked for in every cell.
	maxEscapedPipes = 500
)

// maxTime bounds what the other limits do not. Nothing that people write takes a tenth of it. It is a variable for tests with
// the race detector, which makes rendering twenty times as slow.
var maxTime = 5 * time.Second

var (
	// ErrTooLarge says that the HTML of a post is larger than MaxHTMLBytes.
	ErrTooLarge = errors.New("the HTML of the post is too large")
	// ErrTooComplex says that a post has too many elements, or takes too long to render.
	ErrTooComplex = errors.New("the post has too much markup")
)

// budget is what one rendering may still use. goldmark's parsers and renderers cannot fail, so a budget that is used up
// leaves them by a panic, which toHTML recovers.
type budget struct {
	nodes, escapedPipes int
	deadline            time.Time
	checks              int
	html                []byte
	highlighted         int           // bytes of code
	highlightTime       time.Duration // what highlighting took
	link                string        // see Result
	notes, warnings     notes
	uploads             uploads
}

// exhausted is the value of that panic.
type exhausted struct{ err error }

var budgetKey = parser.NewContextKey()

func newBudget() *budget {
	return &budget{nodes: maxNodes, escapedPipes: maxEscapedPipes, deadline: time.Now().Add(maxTime)}
}

func budgetOf(pc parser.Context) *budget { return pc.Get(budgetKey).(*budget) }

// spend takes nodes from the budget.
func (b *budget) spend(nodes int) {
	if b.nodes -= nodes; b.nodes < 0 {
		panic(exhausted{ErrTooComplex})
	}
	b.checkTime()
}

// checkTime reads the clock at each 64th call only, because that takes longer than parsing a word.
func (b *budget) checkTime() {
	if b.checks++; b.checks%64 == 0 && time.Now().After(b.deadline) {
		panic(exhausted{ErrTooComplex})
	}
}

// Write appends HTML. A budget is goldmark's util.BufWriter, so that rendering ends as soon as the HTML is too large.
func (b *budget) Write(p []byte) (int, error) {
	b.grow(len(p))
	b.html = append(b.html, p...)
	return len(p), nil
}

// WriteString appends HTML.
func (b *budget) WriteString(s string) (int, error) {
	b.grow(len(s))
	b.html = append(b.html, s...)
	return len(s), nil
}

// WriteByte appends a byte of HTML.
func (b *budget) WriteByte(c byte) error {
	b.grow(1)
	b.html = append(b.html, c)
	return nil
}

// WriteRune appends a character of HTML.
func (b *budget) WriteRune(r rune) (int, error) {
	before := len(b.html)
	b.grow(utf8.UTFMax)
	b.html = utf8.AppendRune(b.html, r)
	return len(b.html) - before, nil
}

// Flush does nothing: there is no other writer.
func (b *budget) Flush() error { return nil }

// Available returns how many bytes fit without allocating memory.
func (b *budget) Available() int { return cap(b.html) - len(b.html) }

// Buffered returns the number of bytes that Flush would write.
func (b *budget) Buffered() int { return 0 }

func (b *budget) grow(n int) {
	if len(b.html)+n > maxRawBytes {
		panic(exhausted{ErrTooLarge})
	}
	b.checkTime()
}

// countedBlock takes the blocks that a parser opens from the budget.
type countedBlock struct{ parser.BlockParser }

// Open implements parser.BlockParser.
func (c countedBlock) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	node, state := c.BlockParser.Open(parent, reader, pc)
	if node != nil {
		budgetOf(pc).spend(2) // the block and its text
	}
	return node, state
}

// Continue implements parser.BlockParser.
func (c countedBlock) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	budgetOf(pc).checkTime()
	return c.BlockParser.Continue(node, reader, pc)
}

// countedInline takes the elements that a parser finds in text from the budget.
type countedInline struct{ parser.InlineParser }

// Parse implements parser.InlineParser.
func (c countedInline) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	budgetOf(pc).checkTime()
	node := c.InlineParser.Parse(parent, block, pc)
	if node != nil {
		budgetOf(pc).spend(2) // the element and the text before it
	}
	return node
}

// CloseBlock implements parser.CloseBlocker.
func (c countedInline) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if closer, ok := c.InlineParser.(parser.CloseBlocker); ok {
		closer.CloseBlock(parent, block, pc)
	}
}

// countedTable takes the cells of a table from the budget before they are made: rows that are shorter than the delimiter
// row are filled up with empty cells, so a table can have many more cells than characters.
type countedTable struct{ parser.ParagraphTransformer }

// Transform implements parser.ParagraphTransformer.
func (c countedTable) Transform(paragraph *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines, cells, pipes := paragraph.Lines(), 0, 0
	for i := range lines.Len() {
		segment := lines.At(i)
		line := segment.Value(reader.Source())
		pipes += bytes.Count(line, []byte(`\|`))
		if len(bytes.Trim(line, " \t\r\n\f\v|:-")) == 0 { // perhaps the delimiter row
			cells = max(cells, (bytes.Count(line, []byte{'|'})+1)*(lines.Len()-i))
		}
	}
	if cells > 0 {
		budget := budgetOf(pc)
		budget.spend(cells)
		if budget.escapedPipes -= pipes; budget.escapedPipes < 0 {
			panic(exhausted{ErrTooComplex})
		}
	}
	c.ParagraphTransformer.Transform(paragraph, reader, pc)
}

// toHTML converts Markdown to HTML that is not sanitized yet.
func toHTML(markdown string, o Options) (result *budget, err error) {
	b := newBudget()
	defer func() {
		switch stopped := recover().(type) {
		case nil:
		case exhausted:
			result, err = nil, stopped.err
		default:
			panic(stopped)
		}
	}()
	b.spend(strings.Count(markdown, "\n"))
	context := parser.NewContext(parser.WithIDs(headingIDs{}))
	context.Set(budgetKey, b)
	b.notes.source, b.uploads.prefix = []byte(markdown), o.Uploads
	b.warnings.source = b.notes.source
	err = converterFor(o).Convert(b.notes.source, b, parser.WithContext(context))
	return b, err
}
