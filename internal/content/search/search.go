// Package search reads what readers look for, and finds it in a text. A post has to have all words, or words that begin like them. Words of
// scripts without spaces between words are found anywhere: nothing says where a word begins there.
package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/echoblogs/echoblogs/internal/content/language"
)

const (
	// MaxLength is the length of a query, in characters. What follows is ignored.
	MaxLength = 200
	// maxWords is the number of words of a query. Those that follow are ignored.
	maxWords = 10
)

// Query is what a reader looks for. The zero value finds nothing.
type Query struct {
	// Text is the query as it is shown again.
	Text string
	// Prefixes are beginnings of words, in lower case, and Parts are parts of text without spaces between words.
	Prefixes, Parts []string
}

// Parse reads a query. Nothing in it has a meaning apart from its words.
func Parse(text string) Query {
	text = norm.NFC.String(strings.ToValidUTF8(text, " "))
	if utf8.RuneCountInString(text) > MaxLength {
		text = string([]rune(text)[:MaxLength])
	}
	q := Query{Text: strings.Join(strings.Fields(strings.Map(visible, text)), " ")}
	for _, word := range strings.FieldsFunc(q.Text, isSeparator) {
		switch {
		case len(q.Prefixes)+len(q.Parts) == maxWords:
		case strings.ContainsFunc(word, language.IsUnspaced):
			q.Parts = append(q.Parts, word)
		default:
			q.Prefixes = append(q.Prefixes, strings.ToLower(word))
		}
	}
	return q
}

// IsEmpty reports whether there is no word to look for.
func (q *Query) IsEmpty() bool { return len(q.Prefixes)+len(q.Parts) == 0 }

// TextQuery returns the text search query of the prefixes. Empty: there are none.
func (q *Query) TextQuery() string {
	terms := make([]string, len(q.Prefixes))
	for i, word := range q.Prefixes {
		terms[i] = "'" + word + "':*" // a word has no quotation mark
	}
	return strings.Join(terms, " & ")
}

// visible replaces control characters, which no page shows, by spaces.
func visible(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

func isSeparator(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}
