package render_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

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
			if got := strings.Count(markdown(t, test.markdown).HTML, test.count); got != test.want {
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
				_, _ = render.Markdown(content, render.Options{}) // those beyond the limits cost the most
			}
		})
	}
}

// renderBounded renders Markdown and fails if that takes more time or memory than it may, whether it succeeds or not. With
// the race detector, it only renders: time is multiplied, and a sync.Pool loses what it should keep.
func renderBounded(t *testing.T, markdown string) render.Result {
	t.Helper()
	rendered, cost, err := measure(markdown)
	if err != nil && !errors.Is(err, render.ErrTooComplex) && !errors.Is(err, render.ErrTooLarge) {
		t.Errorf("render %d bytes: %v", len(markdown), err)
	}
	if len(rendered.HTML) > render.MaxHTMLBytes {
		t.Errorf("%d bytes became %d bytes of HTML", len(markdown), len(rendered.HTML))
	}
	if race {
		return rendered
	}
	ordinary := ordinaryCost()
	for range 3 { // another program may have had the processor
		if cost.time <= 20*ordinary.time {
			break
		}
		_, again, _ := measure(markdown)
		cost.time = min(cost.time, again.time)
	}
	if cost.time > 20*ordinary.time {
		t.Errorf("rendering %d bytes took %s; an ordinary post of %d bytes takes %s", len(markdown), cost.time, size, ordinary.time)
	}
	if cost.bytes > 20*ordinary.bytes {
		t.Errorf("rendering %d bytes allocated %d bytes; an ordinary post of %d bytes takes %d", len(markdown), cost.bytes, size, ordinary.bytes)
	}
	return rendered
}

// cost is what a rendering took: memory is what it allocated in all.
type cost struct {
	time  time.Duration
	bytes uint64
}

func measure(markdown string) (render.Result, cost, error) {
	before, started := allocated(), time.Now()
	rendered, err := render.Markdown(markdown, render.Options{SmartPunctuation: true})
	return rendered, cost{time.Since(started), allocated() - before}, err
}

// ordinaryCost is the cost of an ordinary post, by which the others are judged: machines and builds differ.
var ordinaryCost = sync.OnceValue(func() (largest cost) {
	for range 3 {
		_, c, _ := measure(filled(prose, size))
		largest = cost{max(largest.time, c.time), max(largest.bytes, c.bytes)}
	}
	return largest
})

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// table returns a table whose rows are one character long.
func table(columns, rows int) string {
	return strings.Repeat("a|", columns) + "\n" + strings.Repeat("-|", columns) + "\n" + strings.Repeat("a\n", rows)
}

const (
	// size is the size of the posts in the tests. The race detector is slow.
	size  = maxSize / 4
	prose = "The *quick* brown fox jumps over the [lazy](https://example.com/) dog.\n"
)

// filled repeats a unit up to a size.
func filled(unit string, size int) string { return strings.Repeat(unit, size/len(unit)) }

// numbered formats the numbers below count.
func numbered(format string, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostile are posts that cost much more than others of their size.
var hostile = map[string]string{
	"table of short rows":      table(1000, 1000),
	"table of very short rows": table(10_000, 500_000),
	"table after a paragraph":  strings.Repeat("a\n", 30_000) + table(2000, 2000),
	"tables":                   filled(table(30, 30)+"\n", size),
	"escaped pipes in code":    "a|b\n-|-\n" + filled("`\\|`|\n", size),
	"long reference":           "[a]: /" + strings.Repeat("x", 200_000) + "\n\n" + strings.Repeat("[a] [a]\n\n", 10_000),
	"quotation marks":          filled(`"`, size),
	"quotation marks in HTML":  "<div>" + filled(`"`, size),
	"tags":                     filled("<b>", size),
	"tags in a block":          "<div>\n" + filled("<b>", size),
	"unclosed comments":        filled("a<!-- ", size),
	"unclosed tags":            filled("<a b ", size),
	"unclosed processing":      filled("a<? ", size),
	"unclosed CDATA":           filled("a<![CDATA[ ", size),
	"lists":                    filled("- a\n", size),
	"nested lists":             filled("- - - - - a\n", size),
	"quotes":                   filled("> ", size),
	"quotes by line":           filled(">a\n\n", size),
	"paragraphs":               filled("a\n\n", size),
	"lines":                    filled("a\n", size),
	"headings":                 filled("# a\n", size),
	"rules":                    filled("---\n", size),
	"emphasis":                 filled("*a_", size),
	"emphasis by paragraph":    filled(strings.Repeat("*a_", 333)+"\n\n", size),
	"code spans":               filled("`a``b```c````d", size),
	"entities":                 filled("&amp;", size),
	"entities without end":     filled("&a", size),
	"addresses":                filled("http://a.b ", size),
	"mail addresses":           filled("a@b.cc ", size),
	"links":                    filled("[a](b) ", size),
	"links by paragraph":       filled("[a](b)\n\n", size),
	"open brackets":            filled("[", size),
	"images":                   filled("![a](b)\n\n", size),
	"references":               filled("[a]: b\n", size),
	"references by paragraph":  filled("[a]: b\n\n", size),
	"attributes":               "<p " + filled("title=a ", size) + ">",
	"hard breaks":              filled("a  \n", size),
	"tabs":                     filled("\t", size),
	"null":                     filled("\x00", size),
	"fences":                   filled("```\n", size),
	"HTML blocks":              filled("<p>\n\n", size),
	"marks":                    filled("<!--more-->", size),
	"footnotes":                filled("[^a]: b\n\n", size),
	"unknown footnotes":        strings.Repeat("[^a]: b\n\n", 1000) + filled("c[^d]\n\n", size),
	"references to the last":   numbered("[^%d]: b\n\n", 1000) + filled("c[^999]\n\n", size),
	"nested footnotes":         filled("[^a]: ", size),
	"different tags":           numbered("<b title=%d>", 20_000),
	"removed tags":             numbered("<x%d>", 20_000),
	"code of one line":         "```js\n" + filled("/(", size) + "\n```",
	"code of many lines":       "```js\n" + filled("/(\n", size) + "\n```",
	"strings without end":      "```python\n" + filled("f\"{'''\n", 60<<10) + "\n```",
	"straight quotes":          filled("'\" ", size),
	"paragraph of images":      filled("![](a)\n", size),
}

func TestHostilePostsAreBounded(t *testing.T) { //nolint:paralleltest // it measures memory
	for name, content := range hostile {
		t.Run(name, func(t *testing.T) { renderBounded(t, content) })
	}
}

func TestPostsBeyondTheLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		markdown string
		want     error
	}{
		"table":              {table(1000, 1000), render.ErrTooComplex},
		"largest table":      {table(99, 1000), nil},
		"prose":              {filled(prose, maxSize), nil},
		"lists":              {filled("- a\n", 1<<20), render.ErrTooComplex},
		"address used often": {hostile["long reference"], render.ErrTooLarge},
		"quotation marks":    {"<div>" + filled(`"`, 1<<20), render.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := render.Markdown(test.markdown, render.Options{}); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
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
	for _, content := range hostile {
		f.Add(content[:min(len(content), 8<<10)])
	}
	f.Fuzz(func(t *testing.T, markdown string) {
		if !utf8.ValidString(markdown) {
			return // post.Document.Check rejects it before it is rendered
		}
		rendered := renderBounded(t, markdown)
		checkSafe(t, rendered.HTML)
		if count := utf8.RuneCountInString(rendered.Summary); count > 1000 {
			t.Errorf("the summary has %d characters", count)
		}
	})
}
