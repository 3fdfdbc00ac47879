package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The caret is where the text was left, after the page is loaded again, and with a text that another window has kept.
func TestCaretIsWhereTheTextWasLeft(t *testing.T) {
	t.Parallel()
	carla := openNewPost(t, "carla")
	carla.keys("Harbour" + kb.Enter + "First line.")
	carla.sees("Saved")
	carla.putCaret(5)
	address := carla.address()
	run(t, carla.tab, chromedp.Evaluate[chromedp.Void](`window.isFormer = true; location.reload()`))
	carla.waitFor("the text has the focus again", `!window.isFormer && document.activeElement.name === "content"`)
	carla.keys(" of three")
	carla.wantText("First of three line.")
	carla.sees("Saved")

	carla.network(true)
	carla.putCaret(0)
	carla.keys("The ")
	carla.waitFor("the browser has a copy", copied+` === "The First of three line."`)
	other := carla.newTab()
	other.open(address)
	other.sees("There is newer text from")
	other.goTo("Use it")
	other.keys(kb.Enter)
	other.wantText("The First of three line.")
	other.keys("very ")
	other.wantText("The very First of three line.")

	// Another post begins at its beginning.
	other.sees("Saved")
	other.open(address + "../new/")
	other.waitFor("the title has the focus", `document.activeElement.name === "title" && document.querySelector("[name=content]").selectionStart === 0`)
}

// putCaret puts the caret into the text, after some of its characters.
func (p *person) putCaret(at int) {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("[name=content]").setSelectionRange(%d, %[1]d)`, at)))
}
