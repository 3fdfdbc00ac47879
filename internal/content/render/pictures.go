package render

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// maxPictures is how many images of a post ShowPictures completes.
const maxPictures = 1000

// Picture is a picture of the blog, as a page shows it.
type Picture struct {
	// Width and Height are in pixels.
	Width, Height int
	// SourceSet are the candidates of srcset. Empty: there is one size only.
	SourceSet string
}

// TextSizes is the value of the attribute sizes of images that are as wide as the text.
const TextSizes = "(min-width: 43rem) 40rem, 100vw"

// sizes are the widths at which pages show images, by the class of the figure: those of the text, of half and of a third of it,
// and of the page. They are hints, from which a browser chooses a candidate before it has laid out the page.
var sizes = map[string]string{
	"":     TextSizes,
	"pair": "(min-width: 43rem) 20rem, 50vw",
	"row":  "(min-width: 43rem) 14rem, 34vw",
	"wide": "(min-width: 59rem) 56rem, 100vw",
	"full": "100vw",
}

// ShowPictures adds to the images of sanitized HTML what a browser needs to reserve their place before they arrive, and to load
// the size that fits. find returns the picture at an address, without its query and fragment, and whether it is one of the blog;
// other images stay as they are. The HTML is at most MaxHTMLBytes long: images for which that has no room stay as they are.
func ShowPictures(sanitized string, find func(address string) (Picture, bool)) string {
	var shown strings.Builder
	shown.Grow(len(sanitized))
	room, images, class := MaxHTMLBytes-len(sanitized), 0, ""
	for rest := sanitized; ; {
		// The sanitizer escapes these characters, and quotation marks, in text and in attributes.
		before, tagged, found := strings.Cut(rest, "<")
		tag, after, closed := strings.Cut(tagged, ">")
		if !found || !closed {
			shown.WriteString(rest)
			return shown.String()
		}
		shown.WriteString(before)
		shown.WriteString("<")
		shown.WriteString(tag)
		switch name, _, _ := strings.Cut(tag, " "); name {
		case "figure":
			_, class, _ = strings.Cut(tag, ` class="`)
			class, _, _ = strings.Cut(class, `"`)
		case "/figure":
			class = ""
		case "img":
			if images++; images > maxPictures {
				break
			}
			if more := pictureAttributes(firstTag("<"+tag+">"), class, images == 1, find); len(more) <= room {
				room -= len(more)
				shown.WriteString(more)
			}
		}
		shown.WriteString(">")
		rest = after
	}
}

// pictureAttributes returns the attributes to add to an image in a figure of a class. Empty: it is no picture of the blog. The
// first image of a post is loaded at once, since it is probably visible.
func pictureAttributes(image html.Token, class string, first bool, find func(string) (Picture, bool)) string {
	picture, ok := find(withoutFragment(attribute(image, "src")))
	if !ok {
		return ""
	}
	var more strings.Builder
	add := func(name, value string) {
		more.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
	}
	size, width := sizes[class], attribute(image, "width")
	if width == "" && attribute(image, "height") == "" {
		add("width", strconv.Itoa(picture.Width))
		add("height", strconv.Itoa(picture.Height))
	} else if width != "" { // the author's
		size = width + "px"
	}
	if picture.SourceSet != "" {
		add("srcset", picture.SourceSet)
		add("sizes", size)
	}
	if !first {
		if attribute(image, "loading") == "" {
			add("loading", "lazy")
		}
		add("decoding", "async")
	}
	return more.String()
}
