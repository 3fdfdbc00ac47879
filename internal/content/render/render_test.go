package render_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

func TestRender(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ markdown, want string }{
		"paragraph":               {"Hello *there*.", "<p>Hello <em>there</em>.</p>\n"},
		"no typography":           {`"a" -- b...`, "<p>&#34;a&#34; -- b...</p>\n"},
		"headings start at two":   {"# One\n\n## Two", "<h2 id=\"one\">One</h2>\n<h3 id=\"two\">Two</h3>\n"},
		"headings move up":        {"### Three\n\n#### Four", "<h2 id=\"three\">Three</h2>\n<h3 id=\"four\">Four</h3>\n"},
		"same headings":           {"## A\n\n## A", "<h2 id=\"a\">A</h2>\n<h2 id=\"a-1\">A</h2>\n"},
		"heading in any script":   {"## Привет, мир", "<h2 id=\"привет-мир\">Привет, мир</h2>\n"},
		"heading without words":   {"## ?!", "<h2 id=\"section\">?!</h2>\n"},
		"link":                    {"[a](https://example.com/)", "<p><a href=\"https://example.com/\" rel=\"nofollow noopener\">a</a></p>\n"},
		"own link":                {"[a](/about/)", "<p><a href=\"/about/\">a</a></p>\n"},
		"bare link":               {"https://example.com", "<p><a href=\"https://example.com\" rel=\"nofollow noopener\">https://example.com</a></p>\n"},
		"rel of an author":        {`<a href="https://example.com/" rel="me">a</a>`, "<p><a href=\"https://example.com/\" rel=\"nofollow noopener\">a</a></p>\n"},
		"image":                   {"![A cat](https://example.com/cat.jpg)", "<p><img src=\"https://example.com/cat.jpg\" alt=\"A cat\" loading=\"lazy\"></p>\n"},
		"own image":               {"![A cat](/media/cat.jpg)", "<p><img src=\"/media/cat.jpg\" alt=\"A cat\" loading=\"lazy\"></p>\n"},
		"image that pages refuse": {"![A cat](http://example.com/cat.jpg)", "<p><img alt=\"A cat\" loading=\"lazy\"></p>\n"},
		"code":                    {"```go\na < b\n```", "<pre tabindex=\"0\"><code>a &lt; b\n</code></pre>\n"},
		"indented code":           {"    a & b\n", "<pre tabindex=\"0\"><code>a &amp; b\n</code></pre>\n"},
		"strike":                  {"~~a~~", "<p><del>a</del></p>\n"},
		"tasks":                   {"- [x] a\n- [ ] b", "<ul class=\"tasks\">\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>\n"},
		"table": {"| a | b |\n|---|--:|\n| 1 | 2 |", "<div class=\"table\" tabindex=\"0\"><table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n" +
			"<tbody>\n<tr>\n<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table></div>\n"},
		"HTML that is allowed": {"<details><summary>More</summary>\n\n*Text*\n\n</details>", "<details><summary>More</summary>\n<p><em>Text</em></p>\n</details>"},
		"script":               {"<script>alert(1)</script>\n\nText", "\n<p>Text</p>\n"},
		"heading of level one": {"<h1>Mine</h1>", "Mine"},
		"handler":              {`<p onclick="alert(1)" style="color:red" class="x" id="y">a</p>`, "<p>a</p>"},
		"foreign scheme":       {"[a](javascript:alert(1)) [b](data:text/html,x) <vbscript:x>", "<p>a b vbscript:x</p>\n"},
		"frames and forms":     {`<iframe src="https://example.com"></iframe><form><input name=a><button>b</button></form>`, "b"},
		"SVG":                  {`<svg><a href="javascript:x">b</a></svg>`, "<p>b</p>\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := render.Markdown(test.markdown).HTML; got != test.want {
				t.Errorf("Markdown(%q):\n got %q\nwant %q", test.markdown, got, test.want)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ markdown, want string }{
		"short":                {"Hello *there*, [you](/x/).\n\nSecond  paragraph.", "Hello there, you. Second paragraph."},
		"no headings and code": {"## Heading\n\nText.\n\n```\ncode\n```\n\n| a |\n|---|\n| b |\n\nMore.", "Text. More."},
		"entities":             {"a &amp; b < c", "a & b < c"},
		"up to the mark":       {"First.\n\nSecond.\n\n<!--more-->\n\nThird.", "First. Second."},
		"spaces in the mark":   {"First.\n\n<!-- more -->\n\nThird.", "First."},
		"mark in code":         {"First `<!--more-->` second.", "First <!--more--> second."},
		"no script":            {"<script>alert(1)</script>Text", "Text"},
		"empty":                {"", ""},
		"cut at a word":        {strings.Repeat("abcdefghi ", 40), strings.TrimSpace(strings.Repeat("abcdefghi ", 28)) + "…"},
		"one endless word":     {strings.Repeat("ä", 500), strings.Repeat("ä", 279) + "…"},
		"long before the mark": {strings.Repeat("word ", 300) + "\n\n<!--more-->\n\nrest", strings.TrimSpace(strings.Repeat("word ", 200)) + "…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := render.Markdown(test.markdown).Summary; got != test.want {
				t.Errorf("summary of %q:\n got %q\nwant %q", test.markdown, got, test.want)
			}
		})
	}
}

// Markdown parsers are known for inputs with quadratic cost. BenchmarkWorst measures the worst inputs.
func TestComplexityIsBounded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		markdown, count string
		want            int
	}{
		"emphasis":                    {strings.Repeat("*a* ", 2000), "<em>", 500},
		"emphasis in one run":         {strings.Repeat("*", 1001) + "a" + strings.Repeat("*", 1001), "<strong>", 0},
		"emphasis in many paragraphs": {strings.Repeat("*a*\n\n", 2000), "<em>", 2000},
		"links":                       {strings.Repeat("[a](b) ", 2000), "<a ", 500},
		"quotes":                      {strings.Repeat("> ", 2000) + "a", "<blockquote>", 50},
		"lists":                       {strings.Repeat("1. ", 2000) + "a", "<ol>", 25}, // a list and its item are two levels
		"references":                  {strings.Repeat("[a]: b\n", 1000), "a", 0},
		"too many references":         {strings.Repeat("[a]: b\n", 1001), "[a]", 1001},
		"same headings":               {strings.Repeat("# a\n", 2000), `id="a-1999"`, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Count(render.Markdown(test.markdown).HTML, test.count); got != test.want {
				t.Errorf("%d times %s, want %d", got, test.count, test.want)
			}
		})
	}
}

func BenchmarkWorst(b *testing.B) {
	for name, unit := range map[string]string{
		"brackets": "[", "emphasis": "*a_", "quotes": "> ", "images": "![", "ticks": "`a", "tags": "<a ", "entities": "&amp;",
		"strikes": "~~a", "links": "[a](", "references": "[a]: b\n", "lists": "1. ", "headings": "# a\n", "nested": "> - ",
	} {
		b.Run(name, func(b *testing.B) {
			content := strings.Repeat(unit, (1<<20)/len(unit))
			for b.Loop() {
				render.Markdown(content)
			}
		})
	}
}

func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"# Title\n\nText", "[a](javascript:alert(1))", "<script>alert(1)</script>", `<a href="JaVaScRiPt:x">`,
		"<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", `<div style="background:url(javascript:x)">`,
		"[a](data:text/html;base64,xx)", "<style>*{}</style>", "<a href=\"java\nscript:x\">", "[a]: vbscript:x\n[a]",
		"<math><mtext><script>x</script></mtext></math>", "<p title='\"><script>x</script>'>", "![a](http://b \"onload\")",
		"<noscript><p title=\"</noscript><img src=x onerror=x>\">", "`<script>`", "<!--><script>x</script>-->",
		"a <!--more--> b", "| a |\n|---|\n| <b onclick=x> |", "<a href='&#106;avascript:x'>x</a>", "&lt;script&gt;", "\x00<script>",
		strings.Repeat("*", 1200) + "a" + strings.Repeat("*", 1200), strings.Repeat("<b>", 600) + "<script>x</script>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, markdown string) {
		if !utf8.ValidString(markdown) {
			return // post.Document.Check rejects it before it is rendered
		}
		rendered := render.Markdown(markdown)
		checkSafe(t, rendered.HTML)
		if count := utf8.RuneCountInString(rendered.Summary); count > 1000 {
			t.Errorf("the summary has %d characters", count)
		}
	})
}
