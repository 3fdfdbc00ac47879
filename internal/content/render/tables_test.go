package render_test

import (
	"strings"
	"testing"
)

// What scrolls can be focused, so it has a role and a name. Authors cannot give them to anything else.
func TestTablesAreNamedRegions(t *testing.T) {
	t.Parallel()
	table := "| a |\n|---|\n| b |\n"
	got := markdown(t, table+"\n> "+strings.ReplaceAll(table, "\n", "\n> ")).HTML
	for _, want := range []string{`<div class="table" tabindex="0" role="region" aria-label="Table 1"><table>`, `<div class="table" tabindex="0" role="region" aria-label="Table 2"><table>`} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q does not have %s once", got, want)
		}
	}
	for _, forged := range []string{
		`<div class="table" role="region" aria-label="Log in" tabindex="0">a</div>`, `<table role="region" aria-label="a"><tr><td>b</table>`,
		"`<div class=\"table\" tabindex=\"0\"><table>`", `<p title='<div class="table" tabindex="0"><table>'>a</p>`,
	} {
		if got := markdown(t, forged).HTML; strings.Contains(got, "region") || strings.Contains(got, "aria-label") {
			t.Errorf("%s becomes %s", forged, got)
		}
	}
}

// Numbers are compared by their last digits.
func TestColumnsOfNumbers(t *testing.T) {
	t.Parallel()
	got := markdown(t, "| place | height | share | day | left | none |\n|---|---|---|---|:--|---|\n"+
		"| North Skerry | 1,024.5 | −3 % | 2026-11-12 | 1 | – |\n| 2 | 12\u202f000 | 4.5% | 2026-11-13 | 2 | |\n| 3 | – | | *4* | 3 | — |").HTML
	for want, times := range map[string]int{
		`<th align="right">height</th>`: 1, `<th align="right">share</th>`: 1, `align="right"`: 8, `<td align="right">–</td>`: 1,
		`<td>2</td>`: 1, `<td align="left">2</td>`: 1, `<td>2026-11-12</td>`: 1,
	} {
		if n := strings.Count(got, want); n != times {
			t.Errorf("%s is there %d times, want %d:\n%s", want, n, times, got)
		}
	}
}
