package render

import (
	"strings"
	"time"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

const (
	// maxHighlightedBytes is how much code of a post is highlighted. The rest is plain.
	maxHighlightedBytes = 64 << 10
	// maxHighlightedLine is the longest line of code that is highlighted: the lexers' expressions backtrack.
	maxHighlightedLine = 1000
)

// maxHighlightTime bounds what the sizes do not. It is a variable for tests with the race detector.
var maxHighlightTime = 300 * time.Millisecond

// languages are the names of highlighted languages in fences, with their lexers. A lexer that was used stays in memory, some
// 100 kB of it, so these are the common ones.
var languages = func() map[string]chroma.Lexer {
	byName := make(map[string]chroma.Lexer)
	for _, name := range strings.Fields(`bash c clojure cpp csharp css dart diff docker elixir erlang go graphql haskell hcl
		html ini java javascript json jsx julia kotlin latex lua makefile markdown nginx nix ocaml perl php powershell protobuf
		python r ruby rust scala scss sql swift toml typescript vim vue xml yaml zig`) {
		lexer := lexers.Get(name)
		byName[name] = lexer
		for _, alias := range lexer.Config().Aliases {
			byName[strings.ToLower(alias)] = lexer
		}
	}
	return byName
}()

// renderFence renders a fenced code block, highlighted if its language is known.
func renderFence(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	block := node.(*ast.FencedCodeBlock)
	lexer := languages[strings.ToLower(string(block.Language(source)))]
	if !entering || lexer == nil {
		return renderCode(w, source, node, entering)
	}
	var code strings.Builder
	longest := 0
	for i := range block.Lines().Len() {
		line := block.Lines().At(i)
		longest = max(longest, line.Len())
		code.Write(line.Value(source))
	}
	budget := w.(*budget) // toHTML renders to it
	if budget.highlighted += code.Len(); longest > maxHighlightedLine || budget.highlighted > maxHighlightedBytes {
		return renderCode(w, source, node, entering)
	}
	_, _ = w.WriteString(codeStart)
	budget.highlight(lexer, code.String())
	return ast.WalkContinue, nil
}

// highlight writes code with a span around each run of tokens of a class. After maxHighlightTime, the rest of the code is plain.
func (b *budget) highlight(lexer chroma.Lexer, code string) {
	began, open := time.Now(), ""
	next, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root"}, code)
	for err == nil && b.highlightTime+time.Since(began) < maxHighlightTime {
		token := next()
		rest, ok := strings.CutPrefix(code, token.Value)
		if token == chroma.EOF || !ok { // a lexer may make other line breaks of those that the code has
			break
		}
		code = rest
		if class := classOf(token.Type); class != open && token.Value != "" {
			b.switchSpan(open, class)
			open = class
		}
		_, _ = b.Write(util.EscapeHTML([]byte(token.Value)))
	}
	b.switchSpan(open, "")
	b.highlightTime += time.Since(began)
	_, _ = b.Write(util.EscapeHTML([]byte(code)))
}

// switchSpan ends the span of a class and begins that of another. "": there is none.
func (b *budget) switchSpan(from, to string) {
	if from != "" {
		_, _ = b.WriteString("</span>")
	}
	if to != "" {
		b.spend(1)
		_, _ = b.WriteString(`<span class="` + to + `">`)
	}
}

// classOf returns the class of a token: k keyword, s string, m number, f function, c comment. "": none.
func classOf(token chroma.TokenType) string {
	switch {
	case token == chroma.CommentPreproc || token == chroma.CommentPreprocFile || token == chroma.GenericDeleted:
		return "k"
	case token.InCategory(chroma.Comment):
		return "c"
	case token.InCategory(chroma.Keyword), token == chroma.NameTag, token == chroma.OperatorWord:
		return "k"
	case token.InSubCategory(chroma.LiteralString), token == chroma.GenericInserted:
		return "s"
	case token.InSubCategory(chroma.LiteralNumber), token == chroma.LiteralDate:
		return "m"
	case token.InSubCategory(chroma.NameFunction), token.InSubCategory(chroma.NameBuiltin), token == chroma.NameClass,
		token == chroma.GenericHeading, token == chroma.GenericSubheading:
		return "f"
	}
	return ""
}

// codeStart begins a block of code, which is written from left to right in every language, and scrolls.
const codeStart = `<pre tabindex="0" dir="ltr"><code>`

func renderCode(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</code></pre>\n")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString(codeStart)
	lines := node.Lines()
	for i := range lines.Len() {
		line := lines.At(i)
		_, _ = w.Write(util.EscapeHTML(line.Value(source)))
	}
	return ast.WalkContinue, nil
}
