// Package render turns the Markdown of a post into HTML that is safe in a page, and into a plain-text summary. Its work
// is bounded for any input: see budget.go and complexity.go.
package render

import (
	"net/url"
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

// Result is rendered Markdown.
type Result struct {
	// HTML is sanitized: a page can include it as it is.
	HTML string
	// Summary is plain text: everything before <!--more-->, or else the beginning.
	Summary string
	// Link is the address on another host that the first paragraph starts with: the post is about it. Empty: none.
	Link string
	// Visible says that a reader sees something: text or an image.
	Visible bool
	// Notes are about what readers see otherwise than it was written, by line: the first twenty.
	Notes []Note
	// Warnings are about what the writer may have forgotten, by line: the first twenty.
	Warnings []Note
	// Uploads are the addresses of uploads, each once: the first of them, if there are very many.
	Uploads []Upload
}

// Options change how Markdown is rendered. The zero value renders it as it is written.
type Options struct {
	// SmartPunctuation replaces straight quotation marks, hyphens and full stops by typographic ones, those of Language.
	SmartPunctuation bool
	// Language is the BCP 47 tag of the text. Empty: unknown.
	Language string
	// Uploads is what the addresses of uploads begin with. Empty: the Result does not name them.
	Uploads string
}

// Markdown renders Markdown to HTML without scripts, styles, forms or frames. Headings start at the second level,
// because a page uses the first for its title. It returns ErrTooLarge or ErrTooComplex for a post beyond the limits, soon
// after it has reached them.
func Markdown(markdown string, o Options) (Result, error) {
	b, err := toHTML(markdown, o)
	if err != nil {
		return Result{}, err
	}
	sanitized, err := sanitize(b.html)
	if err != nil {
		return Result{}, err
	}
	summary, err := summarize(b.html)
	return Result{
		HTML: string(sanitized), Summary: summary, Link: b.link, Visible: isVisible(sanitized), Notes: b.notes.sorted(), Warnings: b.warnings.sorted(), Uploads: b.uploads.list,
	}, err
}

// PlainText returns the text of Markdown, headings included, with single spaces between words. Its errors are those of
// Markdown.
func PlainText(markdown string) (string, error) {
	b, err := toHTML(markdown, Options{})
	if err != nil {
		return "", err
	}
	sanitized, err := sanitize(b.html)
	return plainText(sanitized, textWithHeadings), err
}

// newConverter returns a converter that keeps HTML in Markdown: the sanitizer decides what is removed.
func newConverter(more ...parser.Option) goldmark.Markdown {
	return goldmark.New(
		goldmark.WithParser(newParser(more...)),
		goldmark.WithRendererOptions(
			html.WithUnsafe(),
			renderer.WithNodeRenderers(
				util.Prioritized(nodeRenderer{}, 100),
				// The other methods write a style attribute, which the sanitizer removes.
				util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
				util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
				util.Prioritized(newFootnoteRenderer(), 500),
			),
		),
	)
}

// transformer adapts a document to the page around it.
type transformer struct{}

// Transform shifts headings so that the highest is at the second level, makes images after the first load lazily, makes
// figures of paragraphs of images, aligns columns of numbers, and marks task lists, which show check boxes instead of bullets. It
// notes what readers will not see, and warns of what is missing.
func (transformer) Transform(document *ast.Document, reader text.Reader, pc parser.Context) {
	b := budgetOf(pc)
	b.link = firstLink(document)
	var (
		headings   []*ast.Heading
		paragraphs []*ast.Paragraph
		images     int
	)
	top := 6
	_ = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		b.warn(node, reader.Source())
		switch node := node.(type) {
		case *ast.Heading:
			headings = append(headings, node)
			top = min(top, node.Level)
		case *ast.Paragraph:
			paragraphs = append(paragraphs, node)
		case *ast.Image:
			if images++; images > 1 {
				node.SetAttributeString("loading", []byte("lazy"))
			}
			setCrop(node)
			b.notes.image(node, reader.Source())
			b.uploads.add(&b.notes, node.Pos(), node.Destination, true)
		case *ast.Link:
			b.notes.link(node.Pos(), node.Destination)
			b.uploads.add(&b.notes, node.Pos(), node.Destination, false)
		case *ast.AutoLink:
			b.notes.link(node.Pos(), node.URL(reader.Source()))
		case *ast.HTMLBlock:
			b.noteHTML(htmlOf(node, reader.Source()))
		case *ast.RawHTML:
			b.noteHTML(node.Pos(), node.Segments.Value(reader.Source()))
		case *extensionast.Table:
			alignNumbers(node, reader.Source())
		case *extensionast.TaskCheckBox: // its ancestors are a text block, a list item and the list
			node.Parent().Parent().Parent().SetAttributeString("class", []byte("tasks"))
		}
		return ast.WalkContinue, nil
	})
	for _, heading := range headings {
		heading.Level = min(heading.Level-top+2, 6)
	}
	for _, paragraph := range paragraphs {
		replaceFigure(paragraph, reader.Source())
	}
}

// firstLink returns the address on another host that the first paragraph starts with.
func firstLink(document *ast.Document) string {
	paragraph, ok := document.FirstChild().(*ast.Paragraph)
	if !ok {
		return ""
	}
	link, ok := paragraph.FirstChild().(*ast.Link)
	if !ok {
		return ""
	}
	address, err := url.Parse(string(link.Destination))
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		return ""
	}
	return address.String()
}

// nodeRenderer replaces goldmark's renderers where a page would not be accessible: wide content scrolls and can be
// focused with the keyboard, and there are no controls without labels.
type nodeRenderer struct{}

// RegisterFuncs registers the renderers with goldmark.
func (nodeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindCodeBlock, renderCode)
	r.Register(ast.KindFencedCodeBlock, renderFence)
	r.Register(kindFigure, renderFigure)
	r.Register(extensionast.KindTable, renderTable)
	r.Register(extensionast.KindTaskCheckBox, renderTaskCheckBox)
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

// headingIDs derives the ids of headings from their text, as GitHub does, in any script. It counts the uses of each id.
type headingIDs map[string]int

// Generate returns an id that is unique in the document.
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

// Put records an id that the document sets itself.
func (ids headingIDs) Put(value []byte) { ids[string(value)]++ }
