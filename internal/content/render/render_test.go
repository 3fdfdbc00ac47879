package render_test

import (
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

// markdown renders Markdown that is within the limits.
func markdown(t *testing.T, markdown string) render.Result {
	t.Helper()
	rendered, err := render.Markdown(markdown, render.Options{})
	if err != nil {
		t.Fatalf("render %d bytes: %v", len(markdown), err)
	}
	return rendered
}

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
		"image":                   {"![A cat](https://example.com/cat.jpg)", "<figure><img src=\"https://example.com/cat.jpg\" alt=\"A cat\"></figure>\n"},
		"own image":               {"![A cat](/media/cat.jpg)", "<figure><img src=\"/media/cat.jpg\" alt=\"A cat\"></figure>\n"},
		"image over http":         {"![A cat](http://example.com/cat.jpg)", "<figure><img src=\"https://example.com/cat.jpg\" alt=\"A cat\"></figure>\n"},
		"image of either scheme":  {"![A cat](//example.com/cat.jpg)", "<figure><img src=\"https://example.com/cat.jpg\" alt=\"A cat\"></figure>\n"},
		"image that pages refuse": {"![A cat](data:image/png;base64,xx)", "<figure><img alt=\"A cat\"></figure>\n"},
		"image with a backslash":  {`<img src="/\example.com/cat.jpg">`, ""},
		"image with an umlaut":    {"![a](größe.png)", "<figure><img src=\"gr%C3%B6%C3%9Fe.png\" alt=\"a\"></figure>\n"},
		"image with a query":      {"![a](a.png?x=1&y)", "<figure><img src=\"a.png?x=1&amp;y\" alt=\"a\"></figure>\n"},
		"image with a space":      {"![a](a%20b.png)", "<figure><img src=\"a%20b.png\" alt=\"a\"></figure>\n"},
		"title of a link":         {`[t](/u "Why? Because: <yes> & \"no\"")`, "<p><a href=\"/u\" title=\"Why? Because: &lt;yes&gt; &amp; &#34;no&#34;\">t</a></p>\n"},
		"title of an image":       {`![i](/u.png "Figure 1: bread")`, "<figure><img src=\"/u.png\" alt=\"i\"><figcaption>Figure 1: bread</figcaption></figure>\n"},
		"list from five":          {"5. five", "<ol start=\"5\">\n<li>five</li>\n</ol>\n"},
		"list from zero":          {"0. zero", "<ol start=\"0\">\n<li>zero</li>\n</ol>\n"},
		"list with parentheses":   {"10) ten", "<ol start=\"10\">\n<li>ten</li>\n</ol>\n"},
		"code":                    {"```go\na < b\n```", "<pre tabindex=\"0\" dir=\"ltr\"><code>a &lt; b\n</code></pre>\n"},
		"indented code":           {"    a & b\n", "<pre tabindex=\"0\" dir=\"ltr\"><code>a &amp; b\n</code></pre>\n"},
		"image in a line":         {"a ![b](/c.png) ![d](/e.png)", "<p>a <img src=\"/c.png\" alt=\"b\"> <img src=\"/e.png\" alt=\"d\" loading=\"lazy\"></p>\n"},
		"wide image, cropped":     {"![a](/b.png#wide,top)", "<figure class=\"wide\"><img src=\"/b.png#wide,top\" alt=\"a\" class=\"top\"></figure>\n"},
		"cropped image":           {"![a](/b.png#top)", "<figure><img src=\"/b.png#top\" alt=\"a\" class=\"top\"></figure>\n"},
		"cropped image, wide":     {"![a](/b.png#bottom-left,wide)", "<figure class=\"wide\"><img src=\"/b.png#bottom-left,wide\" alt=\"a\" class=\"bottom left\"></figure>\n"},
		"unknown crop":            {"![a](/b.png#over)", "<figure><img src=\"/b.png#over\" alt=\"a\"></figure>\n"},
		"class of an author":      {"<img src=/b.png class=cover> <img src=/b.png class='top left'>", "<p><img src=\"/b.png\"> <img src=\"/b.png\" class=\"top left\"></p>\n"},
		"wide image":              {"![a](/b.png#wide \"c & *d*\")", "<figure class=\"wide\"><img src=\"/b.png#wide\" alt=\"a\"><figcaption>c &amp; *d*</figcaption></figure>\n"},
		"image over the page":     {"![](/b.png#full)", "<figure class=\"full\"><img src=\"/b.png#full\" alt=\"\"></figure>\n"},
		"unknown width":           {"![](/b.png#narrow)", "<figure><img src=\"/b.png#narrow\" alt=\"\"></figure>\n"},
		"pair":                    {"![a](/a.png)\n![b](/b.png \"c\")", "<figure class=\"pair\"><img src=\"/a.png\" alt=\"a\"><img src=\"/b.png\" alt=\"b\" title=\"c\" loading=\"lazy\"></figure>\n"},
		"row":                     {"![a](/a) ![b](/b) ![c](/c)", "<figure class=\"row\"><img src=\"/a\" alt=\"a\"><img src=\"/b\" alt=\"b\" loading=\"lazy\"><img src=\"/c\" alt=\"c\" loading=\"lazy\"></figure>\n"},
		"strike":                  {"~~a~~", "<p><del>a</del></p>\n"},
		"tasks":                   {"- [x] a\n- [ ] b", "<ul class=\"tasks\">\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>\n"},
		"table": {"| a | b |\n|---|--:|\n| 1 | 2 |", "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"Table 1\"><table>\n<thead>\n<tr>\n<th align=\"right\">a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n" +
			"<tbody>\n<tr>\n<td align=\"right\">1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table></div>\n"},
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
			if got := markdown(t, test.markdown).HTML; got != test.want {
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
		"a list":               {"Fruit:\n\n- apples\n- pears\n  - green ones\n\nText.", "Fruit: • apples • pears • green ones Text."},
		"footnotes":            {"Text[^1] continues.\n\n[^1]: A note.", "Text continues."},
		"empty":                {"", ""},
		"cut at a word":        {strings.Repeat("abcdefghi ", 40), strings.TrimSpace(strings.Repeat("abcdefghi ", 28)) + "…"},
		"one endless word":     {strings.Repeat("ä", 500), strings.Repeat("ä", 279) + "…"},
		"long before the mark": {strings.Repeat("word ", 300) + "\n\n<!--more-->\n\nrest", strings.TrimSpace(strings.Repeat("word ", 200)) + "…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := markdown(t, test.markdown).Summary; got != test.want {
				t.Errorf("summary of %q:\n got %q\nwant %q", test.markdown, got, test.want)
			}
		})
	}
}
