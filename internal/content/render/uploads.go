package render

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxUploads is how many addresses a Result names.
const maxUploads = 500

// Upload is an address in the Markdown that is one of an upload.
type Upload struct {
	// Address has neither a query nor a fragment. One that is longer than any of an upload is shortened.
	Address string
	// Line is the line of the Markdown where it is first, from 1.
	Line int
	// Image says that the Markdown shows it as an image. Otherwise it links to it.
	Image bool
}

// uploads collects the addresses that begin with prefix. Empty: none.
type uploads struct {
	prefix string
	list   []Upload
}

// add adds the address at an offset of the Markdown. The same one is added once.
func (u *uploads) add(n *notes, offset int, address []byte, image bool) {
	if u.prefix == "" || !bytes.HasPrefix(address, []byte(u.prefix)) || len(u.list) == maxUploads {
		return
	}
	plain := noted([]byte(withoutFragment(string(head(address)))))
	same := func(other Upload) bool { return other.Address == plain && other.Image == image }
	if !slices.ContainsFunc(u.list, same) {
		u.list = append(u.list, Upload{plain, n.line(offset), image})
	}
}

// html adds the addresses of images and links in HTML.
func (u *uploads) html(n *notes, offset int, fragment []byte) {
	if u.prefix == "" || !bytes.Contains(fragment, []byte(u.prefix)) {
		return
	}
	for tokens := html.NewTokenizer(bytes.NewReader(fragment)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken || len(u.list) == maxUploads {
			return
		}
		length := len(tokens.Raw())
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			switch token := tokens.Token(); token.DataAtom {
			case atom.Img:
				u.add(n, offset, []byte(attribute(token, "src")), true)
			case atom.A:
				u.add(n, offset, []byte(attribute(token, "href")), false)
			}
		}
		offset += length
	}
}

// noteHTML notes what is removed from HTML in Markdown and the uploads in it, and warns of what it lacks.
func (b *budget) noteHTML(offset int, fragment []byte) {
	b.notes.html(offset, fragment)
	b.uploads.html(&b.notes, offset, fragment)
	b.warnHTML(offset, fragment)
}

// attribute returns an attribute of a tag. Empty: the tag does not have it.
func attribute(tag html.Token, name string) string {
	for _, a := range tag.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

func withoutFragment(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		return address[:end]
	}
	return address
}
