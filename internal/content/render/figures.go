package render

import (
	"bytes"
	"iter"

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

// wordsOf returns what the fragment of an image's address says, in a list with commas: how wide the image is, and what stays visible
// of it where it is cropped.
func wordsOf(image *ast.Image) iter.Seq[[]byte] {
	_, fragment, _ := bytes.Cut(image.Destination, []byte{'#'})
	return bytes.SplitSeq(fragment, []byte{','})
}

// widthOf returns the width of an image: wide or full. "": that of the text.
func widthOf(image *ast.Image) string {
	for word := range wordsOf(image) {
		switch width := string(word); width {
		case "wide", "full":
			return width
		}
	}
	return ""
}

// crops are the words for what stays visible, with the classes of the image.
var crops = map[string]string{
	"top": "top", "bottom": "bottom", "left": "left", "right": "right",
	"top-left": "top left", "top-right": "top right", "bottom-left": "bottom left", "bottom-right": "bottom right",
}

// setCrop gives an image the classes for what stays visible of it.
func setCrop(image *ast.Image) {
	for word := range wordsOf(image) {
		if classes, ok := crops[string(word)]; ok {
			image.SetAttributeString("class", []byte(classes))
			return
		}
	}
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
