package render

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// figure is what stands in place of a paragraph that has images and nothing else: one with a caption, a pair, or a row.
type figure struct {
	ast.BaseBlock
	class   string
	caption []byte
}

var kindFigure = ast.NewNodeKind("Figure")

// Kind implements ast.Node.
func (*figure) Kind() ast.NodeKind { return kindFigure }

// Dump implements ast.Node.
func (f *figure) Dump(source []byte, level int) {
	ast.DumpHelper(f, source, level, map[string]string{"Class": f.class}, nil)
}

// replaceFigure replaces a paragraph by a figure if it has images and nothing else.
func replaceFigure(paragraph *ast.Paragraph, source []byte) {
	var images []*ast.Image
	for child := paragraph.FirstChild(); child != nil; child = child.NextSibling() {
		switch child := child.(type) {
		case *ast.Image:
			images = append(images, child)
		case *ast.Text:
			if len(bytes.TrimSpace(child.Value(source))) > 0 {
				return
			}
		default:
			return
		}
	}
	f := &figure{}
	switch len(images) {
	case 0:
		return
	case 1:
		f.class, f.caption, images[0].Title = widthOf(images[0]), images[0].Title, nil
	case 2:
		f.class = "pair"
	default:
		f.class = "row"
	}
	for _, image := range images {
		f.AppendChild(f, image)
	}
	paragraph.Parent().ReplaceChild(paragraph.Parent(), paragraph, f)
}

// widthOf returns the width that the fragment of an image's address asks for, in a list with commas: wide or full. "": that of the
// text. Style sheets know the other words, which say what stays visible of an image that is cropped, such as top-left.
func widthOf(image *ast.Image) string {
	_, fragment, _ := bytes.Cut(image.Destination, []byte{'#'})
	for part := range bytes.SplitSeq(fragment, []byte{','}) {
		switch width := string(part); width {
		case "wide", "full":
			return width
		}
	}
	return ""
}

func renderFigure(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	f := node.(*figure)
	switch {
	case entering && f.class != "":
		_, _ = w.WriteString(`<figure class="` + f.class + `">`)
	case entering:
		_, _ = w.WriteString("<figure>")
	default:
		if len(f.caption) > 0 {
			_, _ = w.WriteString("<figcaption>")
			html.DefaultWriter.Write(w, f.caption)
			_, _ = w.WriteString("</figcaption>")
		}
		_, _ = w.WriteString("</figure>\n")
	}
	return ast.WalkContinue, nil
}
