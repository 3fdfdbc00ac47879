package posts

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Rendered is a post's content in the forms that are stored beside it.
type Rendered struct {
	// HTML is safe to be put into a page as it is.
	HTML string
	// Summary is plain text: what stands before <!--more-->, or the beginning.
	Summary string
}

// Render turns Markdown into HTML without scripts, styles, forms and frames. Headings begin at the second level,
// because the page has the title at the first.
func Render(markdown string) Rendered {
	raw := markdownToHTML([]byte(markdown))
	return Rendered{HTML: string(sanitise(raw)), Summary: summarise(raw)}
}

// converter passes HTML in Markdown through: the sanitiser decides what stays.
var converter = goldmark.New(
	goldmark.WithParser(newParser()),
	goldmark.WithExtensions(
		extension.Linkify,
		extension.Strikethrough,
		// The other ways write a style attribute, which the sanitiser removes.
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.TaskList,
	),
	goldmark.WithParserOptions(
		parser.WithAutoHeadingID(),
		parser.WithASTTransformers(util.Prioritized(transformer{}, 500)),
	),
	goldmark.WithRendererOptions(
		html.WithUnsafe(),
		renderer.WithNodeRenderers(util.Prioritized(nodeRenderer{}, 100)),
	),
)

func markdownToHTML(markdown []byte) []byte {
	var b bytes.Buffer
	context := parser.NewContext(parser.WithIDs(headingIDs{}))
	if err := converter.Convert(markdown, &b, parser.WithContext(context)); err != nil {
		panic(fmt.Sprintf("write to memory: %v", err)) // a bytes.Buffer never fails
	}
	return b.Bytes()
}

// transformer fits a document into a page.
type transformer struct{}

// Transform moves the headings so that the topmost are of the second level, lets images load when they come into view,
// and marks lists of tasks, whose boxes take the place of bullets.
func (transformer) Transform(document *ast.Document, _ text.Reader, _ parser.Context) {
	var headings []*ast.Heading
	top := 6
	_ = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Heading:
			headings = append(headings, node)
			top = min(top, node.Level)
		case *ast.Image:
			node.SetAttributeString("loading", []byte("lazy"))
		case *extensionast.TaskCheckBox: // in the text of an item of a list
			node.Parent().Parent().Parent().SetAttributeString("class", []byte("tasks"))
		}
		return ast.WalkContinue, nil
	})
	for _, heading := range headings {
		heading.Level = min(heading.Level-top+2, 6)
	}
}

// nodeRenderer replaces goldmark's own form of some nodes by one that keeps a page accessible: what may be wider than
// the page scrolls and can be reached by keyboard, and no control stands without a label.
type nodeRenderer struct{}

// RegisterFuncs tells goldmark which nodes are rendered here.
func (nodeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindCodeBlock, renderCode)
	r.Register(ast.KindFencedCodeBlock, renderCode)
	r.Register(extensionast.KindTable, renderTable)
	r.Register(extensionast.KindTaskCheckBox, renderTaskCheckBox)
}

func renderCode(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</code></pre>\n")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString(`<pre tabindex="0"><code>`)
	lines := node.Lines()
	for i := range lines.Len() {
		line := lines.At(i)
		_, _ = w.Write(util.EscapeHTML(line.Value(source)))
	}
	return ast.WalkContinue, nil
}

func renderTable(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<div class=\"table\" tabindex=\"0\"><table>\n")
	} else {
		_, _ = w.WriteString("</table></div>\n")
	}
	return ast.WalkContinue, nil
}

func renderTaskCheckBox(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if box, ok := node.(*extensionast.TaskCheckBox); ok && entering {
		if box.IsChecked {
			_, _ = w.WriteString("☑ ")
		} else {
			_, _ = w.WriteString("☐ ")
		}
	}
	return ast.WalkContinue, nil
}

// headingIDs names headings after their text, as GitHub does, in any script. It counts how often each name was given.
type headingIDs map[string]int

// Generate returns a name that no other heading of the document has.
func (ids headingIDs) Generate(value []byte, _ ast.NodeKind) []byte {
	words := strings.FieldsFunc(strings.ToLower(string(value)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_'
	})
	id := strings.Join(words, "-")
	if id == "" {
		id = "section"
	}
	for base := id; ids[id] > 0; {
		id = base + "-" + strconv.Itoa(ids[base])
		ids[base]++
	}
	ids[id]++
	return []byte(id)
}

// Put takes a name that is in the document already.
func (ids headingIDs) Put(value []byte) { ids[string(value)]++ }
