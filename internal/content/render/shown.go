package render

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// ShownPicture is an image of sanitized HTML.
type ShownPicture struct {
	// Address is the address of the image. Empty: there is none. Alt says what it shows.
	Address, Alt string
	// SourceSet, Width and Height are those of a Picture, as they are written. Empty: unknown.
	SourceSet, Width, Height string
}

// ParsePicture returns the image that a tag of sanitized HTML shows.
func ParsePicture(tag string) ShownPicture {
	image := firstTag(tag)
	return ShownPicture{
		Address: attribute(image, "src"), Alt: attribute(image, "alt"), SourceSet: attribute(image, "srcset"),
		Width: attribute(image, "width"), Height: attribute(image, "height"),
	}
}

// LeadingLink returns the text of the link that sanitized HTML begins with, and what follows it if its paragraph has nothing else, or else
// all of the HTML. ok is false if the HTML begins otherwise.
func LeadingLink(sanitized string) (text, rest string, ok bool) {
	const start, end, after = "<p><a ", "</a>", "</p>"
	_, inner, ok := strings.Cut(sanitized, start)
	if !ok || !strings.HasPrefix(sanitized, start) {
		return "", sanitized, false
	}
	_, inner, _ = strings.Cut(inner, ">")
	inner, rest, ok = strings.Cut(inner, end)
	if !ok {
		return "", sanitized, false
	}
	text = strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(inner, "")))
	rest, alone := strings.CutPrefix(rest, after)
	if !alone {
		rest = sanitized
	}
	return text, rest, text != ""
}

var tags = regexp.MustCompile(`<[^>]*>`) // the sanitizer escapes < and > in text and in attributes

// PrefixIDs makes the ids in sanitized HTML, such as those of footnotes, differ from those of other HTML on the same page: no id of a
// post has a full stop. A quotation mark is one of an attribute.
func PrefixIDs(sanitized, prefix string) string {
	if !strings.Contains(sanitized, ` id="`) {
		return sanitized
	}
	return strings.NewReplacer(` id="`, ` id="`+prefix+`.`, ` href="#`, ` href="#`+prefix+`.`).Replace(sanitized)
}
