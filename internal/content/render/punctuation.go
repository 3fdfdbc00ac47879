package render

import (
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// quotations are the quotation marks of languages, double and single, where they differ from the English ones: Unicode CLDR's
// delimiters. French ones stand apart from the words by a narrow space.
var quotations = map[string][4]string{
	"":   {"“", "”", "‘", "’"},
	"de": {"„", "“", "‚", "‘"}, "cs": {"„", "“", "‚", "‘"}, "sk": {"„", "“", "‚", "‘"}, "sl": {"„", "“", "‚", "‘"}, "is": {"„", "“", "‚", "‘"},
	"lt": {"„", "“", "‚", "‘"}, "bg": {"„", "“", "’", "’"},
	"pl": {"„", "”", "«", "»"}, "ro": {"„", "”", "«", "»"}, "hu": {"„", "”", "»", "«"}, "hr": {"„", "”", "‚", "’"},
	"sv": {"”", "”", "’", "’"}, "fi": {"”", "”", "’", "’"},
	"fr": {"«\u202f", "\u202f»", "‹\u202f", "\u202f›"},
	"ru": {"«", "»", "„", "“"}, "und-cyrl": {"«", "»", "„", "“"}, "uk": {"«", "»", "„", "“"}, "el": {"«", "»", "“", "”"},
	"it": {"«", "»", "“", "”"}, "pt-pt": {"«", "»", "“", "”"}, "es": {"«", "»", "“", "”"},
	"nb": {"«", "»", "‘", "’"}, "nn": {"«", "»", "‘", "’"}, "no": {"«", "»", "‘", "’"},
	"fa": {"«", "»", "‹", "›"},
}

// plain renders Markdown as it is written.
var plain = newConverter()

// converters are those with typographic punctuation, by the language of the quotation marks.
var converters sync.Map

// converterFor returns the converter for options.
func converterFor(o Options) goldmark.Markdown {
	if !o.SmartPunctuation {
		return plain
	}
	language := strings.ToLower(o.Language)
	if _, ok := quotations[language]; !ok {
		language, _, _ = strings.Cut(language, "-")
	}
	marks, ok := quotations[language]
	if !ok {
		language, marks = "", quotations[""]
	}
	converter, ok := converters.Load(language)
	if !ok {
		typographer := extension.NewTypographerParser(extension.WithTypographicSubstitutions(map[extension.TypographicPunctuation]string{
			extension.LeftDoubleQuote: marks[0], extension.RightDoubleQuote: marks[1],
			extension.LeftSingleQuote: marks[2], extension.RightSingleQuote: marks[3],
		}))
		converter, _ = converters.LoadOrStore(language, newConverter(
			parser.WithInlineParsers(util.Prioritized(countedInline{limitedQuotes{typographer}}, 9999))))
	}
	return converter.(goldmark.Markdown)
}

// limitedQuotes leaves quotation marks beyond maxDelimiters as they are: each of them looks for its counterpart.
type limitedQuotes struct{ parser.InlineParser }

var quotesKey = parser.NewContextKey()

// Parse implements parser.InlineParser.
func (l limitedQuotes) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	seen, ok := pc.Get(quotesKey).(*delimiters)
	if !ok || seen.block != parent {
		seen = &delimiters{block: parent}
		pc.Set(quotesKey, seen)
	}
	if seen.count++; seen.count > maxDelimiters {
		return nil
	}
	return l.InlineParser.Parse(parent, block, pc)
}

// CloseBlock implements parser.CloseBlocker, which the typographer misses by a parameter: a quotation that does not end in its
// paragraph would change the marks of the next one.
func (l limitedQuotes) CloseBlock(parent ast.Node, _ text.Reader, pc parser.Context) {
	if closer, ok := l.InlineParser.(interface {
		CloseBlock(ast.Node, parser.Context)
	}); ok {
		closer.CloseBlock(parent, pc)
	}
}
