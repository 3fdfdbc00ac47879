package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// copied are the texts that the browser keeps.
const copied = `Object.keys(localStorage).filter((key) => key.startsWith("post:")).map((key) => JSON.parse(JSON.parse(localStorage[key]).fields)[1]).sort().join("|")`

// newTab opens another tab of the same browser.
func (p *person) newTab() *person {
	p.t.Helper()
	tab, closeTab := chromedp.NewContext(p.tab)
	p.t.Cleanup(closeTab)
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1280, 800)); err != nil {
		p.t.Fatal(err)
	}
	return &person{t: p.t, tab: tab}
}

// onNewPages runs a script before those of every page that the tab opens.
func (p *person) onNewPages(script string) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return chromedp.Void{}, err
	})
}

// Each window keeps a copy of its own: another window of the same post drops or replaces it neither when it is left nor when its
// author writes, and has a copy of the text before it removes the one that it uses.
func TestCopiesOfTwoWindows(t *testing.T) {
	t.Parallel()
	cora, blog := startWriting(t, "cora")
	cora.keys("Harbour" + kb.Enter + "First.")
	cora.sees("Saved")
	other := cora.newTab()
	other.open(blog + "/write/harbour/")
	other.wantText("First.")

	cora.network(true)
	cora.addText(" Mine.")
	cora.waitFor("the browser has a copy", copied+` === "First. Mine."`)
	other.open(blog + "/write/")
	cora.waitFor("a window without changes has left it", copied+` === "First. Mine."`)

	other.open(blog + "/write/harbour/")
	other.sees("There is newer text from")
	other.network(true)
	other.addText(" Other.")
	cora.waitFor("each window has a copy", copied+` === "First. Mine.|First. Other."`)

	third := cora.newTab()
	third.open(blog + "/write/harbour/")
	third.sees("There is newer text from")
	third.network(true)
	third.waitFor("the copy that is used stays, by the key of this window", `(() => {
		const before = Object.keys(localStorage).length;
		[...document.querySelectorAll(".offer button")].find((button) => button.textContent === "Use it").click();
		return before === 2 && Object.keys(localStorage).length === 2 && `+copied+` === "First. Mine.|First. Other.";
	})()`)
	third.wantText("First. Other.")
}

// A copy that cannot be read, and a browser without room for another one, stop neither the editor nor the loss of no text.
func TestCopiesInAFullBrowser(t *testing.T) {
	t.Parallel()
	cyril, blog := startWriting(t, "cyril")
	cyril.keys("Harbour" + kb.Enter + "First.")
	cyril.sees("Saved")
	cyril.network(true)
	cyril.addText(" Mine.")
	cyril.waitFor("the browser has a copy", copied+` === "First. Mine."`)

	other := cyril.newTab()
	other.onNewPages(`Storage.prototype.setItem = () => { throw new DOMException("no room", "QuotaExceededError"); };`)
	other.open(blog + "/write/harbour/")
	other.sees("There is newer text from")
	other.goTo("Use it")
	other.keys(kb.Enter)
	other.wantText("First. Mine.")
	other.waitFor("the copy stays until the text is saved", copied+` === "First. Mine."`)

	run(t, cyril.tab, chromedp.Evaluate[chromedp.Void](`localStorage.setItem("post:new:broken", "{")`))
	third := cyril.newTab()
	third.open(blog + "/write/new/")
	third.waitFor("the script has started", `document.querySelector(".state + .unseen") !== null`)
}

// The text that a copy replaces is not lost: one step of the browser's undo brings it back, and it is a copy itself.
func TestUseOfACopyIsUndone(t *testing.T) {
	t.Parallel()
	celia, blog := startWriting(t, "celia")
	celia.keys("Harbour" + kb.Enter + "First.")
	celia.sees("Saved")
	celia.network(true)
	celia.addText(" Mine.")
	celia.waitFor("the browser has a copy", copied+` === "First. Mine."`)

	other := celia.newTab()
	other.open(blog + "/write/harbour/")
	other.sees("There is newer text from")
	other.network(true)
	other.addText(" Typed.")
	other.goTo("Use it")
	other.keys(kb.Enter)
	other.wantText("First. Mine.")
	other.waitFor("both texts are kept", copied+` === "First. Mine.|First. Typed."`)
	run(t, other.tab, chromedp.Evaluate[chromedp.Void](`document.execCommand("undo")`))
	other.wantText("First. Typed.")
}
