package render_test

import (
	"strings"
	"testing"
)

func TestFootnotes(t *testing.T) {
	t.Parallel()
	got := markdown(t, "One[^1], two[^note], one again[^1], none[^x].\n\n[^note]: *Second*.\n[^1]: First.\n[^unused]: Never.").HTML
	want := `<p>One<sup id="fnref:1"><a href="#fn:1" role="doc-noteref">1</a></sup>, two<sup id="fnref:2"><a href="#fn:2" role="doc-noteref">2</a></sup>, ` +
		`one again<sup id="fnref1:1"><a href="#fn:1" role="doc-noteref">1</a></sup>, none[^x].</p>
<div role="doc-endnotes">
<hr>
<ol>
<li id="fn:1">
<p>First. <a href="#fnref:1" role="doc-backlink">↩︎</a> <a href="#fnref1:1" role="doc-backlink">↩︎</a></p>
</li>
<li id="fn:2">
<p><em>Second</em>. <a href="#fnref:2" role="doc-backlink">↩︎</a></p>
</li>
</ol>
</div>
`
	if strings.ReplaceAll(got, "\u00a0", " ") != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
