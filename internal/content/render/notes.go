package render

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// maxNotes is how many notes a result has, and maxNoted the length of the addresses and names in them, in bytes.
	maxNotes = 20
	maxNoted = 80
	// maxNotedAddress is how many bytes of an address are looked at: a reference to a long one takes no more.
	maxNotedAddress = 2048
	// maxNotedTags is how many different tags are compared with what the sanitizer leaves of them.
	maxNotedTags = 1000
)

// Note tells a writer what readers see otherwise than it was written or not at all, or what is missing.
type Note struct {
	// Line is the line of the Markdown, from 1.
	Line int `json:"line"`
	// Sentence is for the writer.
	Sentence string `json:"sentence"`
}

// notes collects the notes of one rendering.
type notes struct {
	source []byte
	list   []Note
	lines  []int               // where the lines of source end
	tags   map[string][]string // the sentences about a tag, by tag
}

// add adds a note about the Markdown at an offset. The same one is added once.
func (n *notes) add(offset int, format string, args ...any) {
	note := Note{n.line(offset), fmt.Sprintf(format, args...)}
	if len(n.list) < maxNotes && !slices.Contains(n.list, note) {
		n.list = append(n.list, note)
	}
}

// line returns the number of the line at an offset.
func (n *notes) line(offset int) int {
	if n.lines == nil {
		n.lines = []int{}
		for i, c := range n.source {
			if c == '\n' {
				n.lines = append(n.lines, i)
			}
		}
	}
	return 1 + sort.SearchInts(n.lines, offset)
}

// sorted returns the notes by line.
func (n *notes) sorted() []Note {
	slices.SortStableFunc(n.list, func(a, b Note) int { return a.Line - b.Line })
	return n.list
}

// uploading is what the editor writes where a file is being uploaded.
var uploading = []byte("![Uploading ")

// image notes an image whose address a page cannot show, or shows over https only.
func (n *notes) image(image *ast.Image, source []byte) {
	if len(image.Destination) == 0 && bytes.HasPrefix(source[image.Pos():], uploading) {
		return
	}
	if sentence := sentenceAboutImage(util.URLEscape(head(image.Destination), true), image.Destination); sentence != "" {
		n.add(image.Pos(), "%s", sentence)
	}
}

// sentenceAboutImage returns what readers see otherwise of an image at an address. Empty: nothing.
func sentenceAboutImage(address, written []byte) string {
	switch {
	case len(address) == 0:
		return "An image has no address, so readers do not see it."
	case !imageAddress.Match(address):
		return fmt.Sprintf("Readers do not see the image %s: its address must begin with https:// or be one of this blog.", noted(written))
	case bytes.HasPrefix(bytes.ToLower(address), []byte("http:")):
		return fmt.Sprintf("The image %s is loaded over https, because browsers block the unencrypted one. Check that readers see it.", noted(written))
	}
	return ""
}

// link notes a link with an address that the sanitizer removes.
func (n *notes) link(offset int, destination []byte) {
	parsed, err := url.Parse(string(util.URLEscape(head(destination), true)))
	if err == nil && slices.Contains([]string{"", "http", "https", "mailto"}, strings.ToLower(parsed.Scheme)) {
		return
	}
	n.add(offset, "The address %s of a link is removed: only https, http and mailto are possible.", noted(destination))
}

func head(address []byte) []byte { return address[:min(len(address), maxNotedAddress)] }

// html notes the elements, attributes and comments of HTML in Markdown that the sanitizer removes.
func (n *notes) html(offset int, fragment []byte) {
	for tokens := html.NewTokenizer(bytes.NewReader(fragment)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken || len(n.list) == maxNotes {
			return
		}
		tag := tokens.Raw()
		length := len(tag)
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, sentence := range n.sentencesAbout(string(tag)) {
				n.add(offset, "%s", sentence)
			}
		case html.CommentToken:
			if text := bytes.TrimSpace(tokens.Text()); string(text) != "more" { // which ends the summary
				n.add(offset, "The comment “%s” is removed: readers do not receive it.", noted(text))
			}
		}
		offset += length
	}
}

// htmlOf returns the source of a block of HTML, and its offset.
func htmlOf(block *ast.HTMLBlock, source []byte) (offset int, fragment []byte) {
	lines := block.Lines()
	if lines.Len() == 0 {
		return block.Pos(), nil
	}
	begin, end := lines.At(0).Start, lines.At(lines.Len()-1).Stop
	if block.HasClosure() {
		end = max(end, block.ClosureLine.Stop)
	}
	return begin, source[begin:end]
}

// sentencesAbout returns what the sanitizer removes from a tag, the element or some attributes, and what it changes.
func (n *notes) sentencesAbout(tag string) (sentences []string) {
	if sentences, ok := n.tags[tag]; ok {
		return sentences
	}
	if len(n.tags) >= maxNotedTags {
		return nil
	}
	before, after := firstTag(tag), firstTag(policy.Sanitize(tag))
	address := attribute(before, "src")
	about := ""
	if before.DataAtom == atom.Img {
		about = sentenceAboutImage(head([]byte(address)), []byte(address))
	}
	switch {
	case about != "":
		sentences = append(sentences, about)
	case after.Data != before.Data:
		sentences = append(sentences, removed("<"+noted([]byte(before.Data))+">"))
	}
	for _, a := range before.Attr {
		kept := after.Data != before.Data || slices.ContainsFunc(after.Attr, func(b html.Attribute) bool { return a.Key == b.Key })
		if !kept && (about == "" || a.Key != "src") {
			sentences = append(sentences, removed(fmt.Sprintf("The attribute %s of <%s>", noted([]byte(a.Key)), before.Data)))
		}
	}
	if n.tags == nil {
		n.tags = make(map[string][]string)
	}
	n.tags[tag] = sentences
	return sentences
}

func removed(what string) string { return what + " is removed, because a post cannot have it." }

// firstTag returns the tag that HTML begins with. Without one, its name is empty.
func firstTag(text string) html.Token {
	tokens := html.NewTokenizer(strings.NewReader(text))
	switch tokens.Next() {
	case html.StartTagToken, html.SelfClosingTagToken:
		return tokens.Token()
	}
	return html.Token{}
}

// noted shortens what a note names.
func noted(name []byte) string {
	if len(name) <= maxNoted {
		return string(name)
	}
	return strings.ToValidUTF8(string(name[:maxNoted]), "") + "…"
}
