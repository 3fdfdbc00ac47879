package post

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// maxNameLength is the length of the first words of a note, in characters.
const maxNameLength = 60

// nameOf returns what names a post in a list: its title, or the first words of its summary.
func nameOf(title, summary string) string {
	if title != "" || utf8.RuneCountInString(summary) <= maxNameLength {
		return cmp.Or(title, summary)
	}
	words := string([]rune(summary)[:maxNameLength])
	if space := strings.LastIndexByte(words, ' '); space > 0 {
		words = words[:space]
	}
	return strings.TrimRight(words, " ,.;:–—-…") + "…"
}
