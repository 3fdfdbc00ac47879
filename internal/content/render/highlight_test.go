package render_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestHighlighting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ markdown, want string }{
		"Go": {"```go\nfunc a() { return \"<b>\" + 1 } // c\n```", `<span class="k">func</span> <span class="f">a</span>() { <span class="k">return</span> ` +
			`<span class="s">&#34;&lt;b&gt;&#34;</span> + <span class="m">1</span> } <span class="c">// c</span>` + "\n"},
		"another name":         {"```JS\nlet a\n```", "<span class=\"k\">let</span> a\n"},
		"more after the name":  {"~~~python title=\"x\"\nif a:\n~~~", "<span class=\"k\">if</span> a:\n"},
		"a difference":         {"```diff\n-a\n+b\n c\n```", "<span class=\"k\">-a\n</span><span class=\"s\">+b\n</span> c\n"},
		"unknown language":     {"```nonsense\nif a\n```", "if a\n"},
		"no language":          {"```\nif a\n```", "if a\n"},
		"a line that is long":  {"```js\nlet a = \"" + strings.Repeat("b", 1000) + "\"\n```", "let a = &#34;" + strings.Repeat("b", 1000) + "&#34;\n"},
		"in a list":            {"- ```js\n  let a\n  ```", "<span class=\"k\">let</span> a\n"},
		"without a line break": {"```js\nlet", "<span class=\"k\">let</span>\n"},
		"nothing":              {"```js\n```", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, after, _ := strings.Cut(markdown(t, test.markdown).HTML, `<pre tabindex="0" dir="ltr"><code>`)
			if got, _, _ := strings.Cut(after, "</code></pre>"); got != test.want {
				t.Errorf("%q:\n got %q\nwant %q", test.markdown, got, test.want)
			}
		})
	}
}

// A span changes nothing in the code, whatever the lexer makes of it. Code beyond the limit is plain.
func TestHighlightedCodeIsWhole(t *testing.T) {
	t.Parallel()
	spans := regexp.MustCompile(`</?span[^>]*>`)
	code := "a\tб = `x` 'y' \"\\u{1F600}\" <b> & é 🎉\n\n\n  # {{ }} @x $y %z --[[ <?php ?> /* \\\n"
	for _, language := range strings.Fields("bash css diff docker erlang go html ini jsx latex makefile markdown perl php python r ruby rust scss sql vue xml yaml") {
		fences := strings.Repeat("```"+language+"\n"+code+"```\n\n", 2)
		for _, block := range strings.SplitAfter(markdown(t, fences).HTML, "</pre>\n")[:2] {
			got := html.UnescapeString(spans.ReplaceAllString(block, ""))
			got = strings.TrimSuffix(strings.TrimPrefix(got, `<pre tabindex="0" dir="ltr"><code>`), "</code></pre>\n")
			if got != code {
				t.Errorf("%s: %q, want %q", language, got, code)
			}
		}
	}
	large := "```js\n" + strings.Repeat("let a = 1\n", 7000) + "```"
	if got := markdown(t, large).HTML; strings.Contains(got, "<span") || strings.Count(got, "let a = 1\n") != 7000 {
		t.Errorf("70 kB of code is highlighted or not whole: %.200q", got)
	}
}
