package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is a part of a text.
type Piece struct {
	Text string
	// Found says that the query was found here.
	Found bool
}

// span is a part of a text, in bytes.
type span struct{ from, to int }

// Highlight returns a text in pieces.
func (q *Query) Highlight(text string) []Piece { return pieces(text, q.find(text)) }

const (
	// excerptLength is the length of an excerpt, in characters, and contextLength how much of it is before what was found.
	excerptLength, contextLength = 240, 80
)

// Excerpt returns the part of a text around the first place where the query is found, in pieces. nil: it is not.
func (q *Query) Excerpt(text string) []Piece {
	found := q.find(text)
	if len(found) == 0 {
		return nil
	}
	from := back(text, found[0].from, contextLength)
	to := forward(text, from, excerptLength)
	var inside []span
	for _, s := range found {
		if s.to <= to {
			inside = append(inside, span{s.from - from, s.to - from})
		}
	}
	parts := pieces(text[from:to], inside)
	if from > 0 {
		parts = slices.Insert(parts, 0, Piece{Text: "…"})
	}
	if to < len(text) {
		parts = append(parts, Piece{Text: "…"})
	}
	return parts
}

// back returns the beginning of a word at most n characters before a place.
func back(text string, at, n int) int {
	from := at
	for ; n > 0 && from > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	if space := strings.IndexByte(text[from:at], ' '); from > 0 && space >= 0 {
		from += space + 1
	}
	return from
}

// forward returns the end of a word at most n characters after a place.
func forward(text string, at, n int) int {
	to := at
	for ; n > 0 && to < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	if space := strings.LastIndexByte(text[at:to], ' '); to < len(text) && space > 0 {
		to = at + space
	}
	return to
}

// find returns where the words of the query are, in their order in the text, none of which overlap.
func (q *Query) find(text string) []span {
	var found []span
	inWord := false
	for i, r := range text {
		if len(found) > 0 && i < found[len(found)-1].to {
			inWord = true
			continue
		}
		end := 0
		for _, part := range q.Parts {
			if strings.HasPrefix(text[i:], part) {
				end = max(end, i+len(part))
			}
		}
		if letter := !isSeparator(r); letter && !inWord {
			for _, prefix := range q.Prefixes {
				end = max(end, i+matchFold(text[i:], prefix))
			}
		}
		if inWord = !isSeparator(r); end > i {
			found = append(found, span{i, end})
		}
	}
	return found
}

// matchFold returns the length of the beginning of a text that is a word in lower case, in bytes. 0: it begins otherwise.
func matchFold(text, word string) int {
	length := 0
	for _, want := range word {
		r, size := utf8.DecodeRuneInString(text[length:])
		if size == 0 || unicode.ToLower(r) != want {
			return 0
		}
		length += size
	}
	return length
}

func pieces(text string, found []span) []Piece {
	var parts []Piece
	at := 0
	add := func(to int, isFound bool) {
		if to > at {
			parts = append(parts, Piece{text[at:to], isFound})
		}
		at = to
	}
	for _, s := range found {
		add(s.from, false)
		add(s.to, true)
	}
	add(len(text), false)
	return parts
}
