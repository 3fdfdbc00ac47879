package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What an author does while a save takes long comes one after the other, each based on the version before it.
func TestPublishDuringSlowSave(t *testing.T) {
	t.Parallel()
	sven := openNewPost(t, "sven")
	sven.keys("Slow" + kb.Enter + "Text.")
	run(t, sven.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const { fetch } = window;
		let last = new Promise((release) => (window.release = release)); // the network keeps the order
		window.fetch = (...request) => (last = last.then(() => fetch(...request)));
	})()`))
	sven.press("s", chromedp.ModifierCtrl)
	sven.addText(" More.")
	sven.press(kb.Enter, chromedp.ModifierCtrl)
	sven.inPanel()
	sven.keys(kb.Enter)
	sven.waitFor("publishing waits", `document.querySelector("dialog.publish .progress").textContent === "Publishing…"`)
	run(t, sven.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	sven.sees("Published. Readers can see it now.")
	sven.wantText("Text. More.")
}

// What is written while a save runs is not saved with it, and not called so.
func TestTextWrittenDuringASaveIsNotCalledSaved(t *testing.T) {
	t.Parallel()
	sven := openNewPost(t, "sven")
	sven.keys("Slow" + kb.Enter + "Text.")
	run(t, sven.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const { fetch } = window;
		window.held = [];
		window.fetch = async (...request) => {
			await new Promise((release) => window.held.push(release));
			return fetch(...request);
		};
	})()`))
	sven.press("s", chromedp.ModifierCtrl)
	sven.addText(" More.")
	run(t, sven.tab, chromedp.Evaluate[chromedp.Void](`window.held.shift()()`))
	sven.waitFor("the first save is answered", `document.querySelector("[name=id]").value !== "0"`)
	if state := run(t, sven.tab, chromedp.Evaluate[string](`document.querySelector(".state").textContent`)); state != "Not saved yet" {
		t.Errorf("the state is %q, and a part of the text is not saved", state)
	}
	sven.waitFor("the rest is being saved", `window.held.length > 0`)
	run(t, sven.tab, chromedp.Evaluate[chromedp.Void](`window.held.shift()()`))
	sven.waitFor("the rest is saved", `document.querySelector(".state").textContent.startsWith("Saved ")`)
	sven.wantText("Text. More.")
}
