package browser_test

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// A table of twelve columns can be read on a phone: its cells keep their lines, it scrolls within the page, and a shadow shows on which
// side there is more. The same is true of code.
func TestWideTableOnAPhone(t *testing.T) {
	t.Parallel()
	s := &site{Platform: blogtest.NewDatabase(t)}
	s.create("alice", "Alice", blogtest.Start.AddDate(1, 0, 0))
	row := func(first string, cell func(i int) string) string {
		cells := []string{first}
		for i := range 11 {
			cells = append(cells, cell(i))
		}
		return "| " + strings.Join(cells, " | ") + " |\n"
	}
	wide := row("Lighthouse", func(i int) string { return fmt.Sprint("Month ", i+1) }) + row("---", func(int) string { return "---" }) +
		row("North Skerry lighthouse", func(i int) string { return fmt.Sprint(1024*i, " hours") }) + row("Tern", func(i int) string { return fmt.Sprint(i, " hours") })
	long := strings.Repeat("A sentence in a cell is read in several lines. ", 4)
	s.Save("alice", post.Document{Title: "Tables", Slug: "tables", Content: wide + "\n| a | b |\n|---|---|\n| c | d |\n\n| a | b |\n|---|---|\n| c | " + long + " |\n\n" +
		"```\n" + strings.Repeat("wide ", 40) + "\n```\n"})
	s.Serve(blog.Options{})
	_, s.port, _ = strings.Cut(s.Address, ":")
	s.Install("http://localhost:" + s.port)
	s.WaitReady()
	tab, closeTab := chromedp.NewContext(newBrowser(t))
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab, chromedp.EmulateViewport(360, 740), chromedp.Navigate("http://alice.localhost:"+s.port+"/tables/")); err != nil {
		t.Fatal(err)
	}
	for what, expression := range map[string]string{
		"the first cell is one line":           `document.querySelector("tbody td").clientHeight < 45`,
		"every cell of the table is as high":   `[...document.querySelectorAll(".table tbody")[0].querySelectorAll("td")].every((cell) => cell.clientHeight < 45)`,
		"the first column is at least 152":     `document.querySelector("tbody tr:last-child td").offsetWidth >= 152`,
		"the table scrolls":                    `document.querySelector(".table").scrollWidth > 800`,
		"the page does not":                    `document.documentElement.scrollWidth === 360`,
		"a small table fills its box":          `(() => { const box = document.querySelectorAll(".table")[1]; return box.scrollWidth === box.clientWidth && box.firstElementChild.offsetWidth === box.clientWidth })()`,
		"a sentence does not make a long line": `document.querySelectorAll(".table")[2].scrollWidth < 420`,
		"each table is a region with a name": `[...document.querySelectorAll(".table")].map((box) => [box.role, box.ariaLabel, box.tabIndex].join()).join(";") === ` +
			`"region,Table 1,0;region,Table 2,0;region,Table 3,0"`,
	} {
		if !run(t, tab, chromedp.Evaluate[bool](expression)) {
			t.Errorf("not so: %s: %s", what, expression)
		}
	}
	wantShadows(t, tab, ".prose .table")
	wantShadows(t, tab, ".prose pre")
}

// The tools of the editor scroll on a phone, with the same shadows.
func TestShadowsOfTheTools(t *testing.T) {
	t.Parallel()
	tess := openNewPost(t, "tess")
	if err := chromedp.Do(tess.tab, chromedp.EmulateViewport(360, 740)); err != nil {
		t.Fatal(err)
	}
	tess.waitFor("the tools scroll", `(() => { const row = document.querySelector(".tools .row"); return row.clientWidth > 0 && row.scrollWidth > row.clientWidth })()`)
	wantShadows(t, tess.tab, ".tools .row:not([hidden])")
}

// wantShadows fails the test unless a box that scrolls is darker at the edge behind which there is more.
func wantShadows(t *testing.T, tab context.Context, box string) {
	t.Helper()
	start := edgesOf(t, tab, box, 0)
	end := edgesOf(t, tab, box, 10000)
	if start[1] > start[0]-20 || end[0] > end[1]-20 {
		t.Errorf("no shadow shows on which side there is more of %s: %v at the start, %v at the end", box, start, end)
	}
}

// edgesOf scrolls a box, and returns how bright its left and its right edge are, from 0 to 255.
func edgesOf(t *testing.T, tab context.Context, box string, scrolled int) (edges [2]int) {
	t.Helper()
	run(t, tab, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).scrollLeft = %d`, box, scrolled)))
	shown, err := png.Decode(bytes.NewReader(run(t, tab, chromedp.Screenshot(box))))
	if err != nil {
		t.Fatal(err)
	}
	bounds := shown.Bounds()
	y := bounds.Min.Y + 4 // above the text
	for i, x := range []int{bounds.Min.X + 2, bounds.Max.X - 3} {
		edges[i] = int(color.GrayModel.Convert(shown.At(x, y)).(color.Gray).Y)
	}
	return edges
}
