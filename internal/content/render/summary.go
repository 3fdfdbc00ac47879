package render

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// summaryLength is the maximum length of an automatic summary, in characters.
	summaryLength = 280
	// markedSummaryLength is the maximum length of a summary that the author ends with <!--more-->.
	markedSummaryLength = 1000
)

// moreMarker ends the summary. Inside code it is escaped, so it is found only where the author means it.
var moreMarker = []byte("<!--more-->")

// summarize returns the beginning of a post as plain text. It takes HTML that is not sanitized yet, because the sanitizer
// removes comments, and the marker is one.
func summarize(raw []byte) (string, error) {
	length := summaryLength
	before, _, found := bytes.Cut(bytes.ReplaceAll(raw, []byte("<!-- more -->"), moreMarker), moreMarker)
	if found {
		length = markedSummaryLength
	}
	sanitized, err := sanitize(before)
	return shorten(plainText(sanitized, textOfParagraphs), length), err
}

// TextOf returns the text of sanitized HTML, headings included, with single spaces between words.
func TextOf(sanitized string) string { return plainText([]byte(sanitized), textWithHeadings) }

// textKind selects the text of a document.
type textKind bool

const (
	// textOfParagraphs skips headings, code blocks and tables, which do not read as prose.
	textOfParagraphs textKind = false
	textWithHeadings textKind = true
)

// references are those to footnotes, and endnotes begins the list of footnotes at the end, in sanitized HTML.
var (
	references = regexp.MustCompile(`<a href="#fn:[0-9]+" role="doc-noteref">[0-9]+</a>`)
	endnotes   = []byte(`<div role="doc-endnotes">`)
)

// plainText returns the text of sanitized HTML, without footnotes, with single spaces between words.
func plainText(fragment []byte, kind textKind) string {
	fragment, _, _ = bytes.Cut(fragment, endnotes)
	fragment = references.ReplaceAll(fragment, nil)
	var b strings.Builder
	skipped := 0
	tokens := html.NewTokenizer(bytes.NewReader(fragment))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(b.String()), " ")
		case html.TextToken:
			if skipped == 0 {
				b.Write(tokens.Text())
			}
		case html.StartTagToken:
			name, _ := tokens.TagName()
			switch {
			case atom.Lookup(name) == atom.Li && skipped == 0:
				b.WriteString(" • ")
			case !isInline(name):
				b.WriteByte(' ')
			}
			if kind == textOfParagraphs && !isProse(name) {
				skipped++
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			if !isInline(name) {
				b.WriteByte(' ')
			}
			if kind == textOfParagraphs && !isProse(name) && skipped > 0 {
				skipped--
			}
		}
	}
}

func isProse(element []byte) bool {
	switch atom.Lookup(element) {
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Table, atom.Figcaption:
		return false
	}
	return true
}

// isInline reports whether an element can occur inside a word or sentence.
func isInline(element []byte) bool {
	switch atom.Lookup(element) {
	case atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Cite, atom.Code, atom.Del, atom.Dfn, atom.Em, atom.I, atom.Ins,
		atom.Kbd, atom.Mark, atom.Q, atom.Ruby, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike, atom.Strong,
		atom.Sub, atom.Sup, atom.Time, atom.U, atom.Var, atom.Wbr:
		return true
	}
	return false
}

// shorten cuts text at a word boundary to at most limit characters, including the ellipsis.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	cut := 0
	for i := range text {
		if limit--; limit == 0 {
			cut = i
			break
		}
	}
	if space := strings.LastIndexByte(text[:cut+1], ' '); space > 0 {
		cut = space
	}
	return strings.TrimRight(text[:cut], " ,.;:–—-") + "…"
}
