package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// startWriting signs up and opens the form of a new post.
func startWriting(t *testing.T, name string) (p *person, blog string) {
	t.Helper()
	_, site := newPlatform(t)
	p = newPerson(t, newBrowser(t))
	p.register(site, name)
	blog = strings.Replace(site, "http://", "http://"+name+".", 1)
	p.open(blog + "/login/?next=/write/new/")
	p.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	return p, blog
}

// Leaving with text that is not saved asks, and the text is offered to who leaves.
func TestLeavingAsks(t *testing.T) {
	t.Parallel()
	walter, blog := startWriting(t, "walter")
	answers := make(chan bool, 2) // whether to leave
	asked := make(chan struct{}, 2)
	opened := make(chan struct{}, 2)
	err := chromedp.Listen(walter.tab, func(event any) {
		if event, ok := event.(*page.EventJavascriptDialogOpening); ok && event.Type == page.DialogTypeBeforeunload {
			opened <- struct{}{}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range opened {
			if _, err := chromedp.Call(walter.tab, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: <-answers}); err == nil {
				asked <- struct{}{}
			}
		}
	}()
	walter.network(true) // else it is saved meanwhile
	walter.keys("Kept" + kb.Enter + "Every word.")
	walter.wantText("Every word.")
	answers <- false
	walter.goTo("Posts")
	walter.keys(kb.Enter)
	select {
	case <-asked:
	case <-time.After(stepTimeout):
		t.Fatal("leaving does not ask")
	}
	walter.wantText("Every word.")

	walter.network(false)
	answers <- true
	walter.do(chromedp.Navigate(blog + "/write/"))
	walter.open(blog + "/write/new/")
	walter.sees("There is newer text from")
	walter.goTo("Use it")
	walter.keys(kb.Enter)
	walter.wantText("Every word.")
	walter.sees("Saved")
}

// On a phone everything is in reach in the bar, a long title is never cut off, and the preview takes the place of the
// text, without a reload and at the same place.
func TestEditorOnAPhone(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	philip, blog := startWriting(t, "philip")
	philip.do(chromedp.EmulateViewport(360, 740))
	philip.keys(strings.Repeat("A long title that nobody would cut off ", 4) + kb.Enter)
	philip.waitFor("the title is whole", `(() => { const t = document.querySelector("[name=title]"); return t.scrollHeight <= t.clientHeight + 1 && t.clientHeight > 100 })()`)
	philip.waitFor("the buttons are one line at the top, with the only filled one among them", `(() => {
		const bar = document.querySelector(".bar").getBoundingClientRect(), publish = document.querySelector("button[value=publish]");
		const filled = [...document.querySelectorAll("button, .button")].filter((b) => b.checkVisibility() && getComputedStyle(b).backgroundColor === getComputedStyle(publish).backgroundColor);
		return bar.top === 0 && bar.height <= 96 && publish.getBoundingClientRect().bottom <= 64 && publish.getBoundingClientRect().right <= 360 && filled.length === 1;
	})()`)
	philip.waitFor("the tools are at the bottom edge", `Math.abs(document.querySelector(".tools").getBoundingClientRect().bottom - innerHeight) <= 1`)
	for range 3 {
		run(t, philip.tab, chromedp.Evaluate[bool](`document.execCommand("insertText", false, "`+strings.Repeat(`A paragraph of some words that fill a few lines of a phone.\n\n`, 20)+`")`))
	}
	philip.sees("Saved")
	run(t, philip.tab, chromedp.Evaluate[chromedp.Void](`window.sameDocument = true; scrollTo(0, document.documentElement.scrollHeight / 2)`))
	before := run(t, philip.tab, chromedp.Evaluate[float64](`scrollY`))
	philip.tap("Preview")
	philip.waitFor("the preview is there, at its middle", `(() => {
		const box = document.querySelector(".preview").getBoundingClientRect(), part = -box.top / (box.height - innerHeight);
		return document.querySelectorAll(".preview .prose p").length === 60 && part > .3 && part < .7 && !document.querySelector("[name=content]").checkVisibility();
	})()`)
	philip.lookHere("preview", axe)
	philip.do(chromedp.EmulateViewport(360, 740))
	philip.tap("Write")
	philip.waitFor("the text is back where it was", `window.sameDocument && document.activeElement.name === "content"`)
	if after := run(t, philip.tab, chromedp.Evaluate[float64](`scrollY`)); after < before-50 || after > before+50 {
		t.Errorf("the text was scrolled to %v, and is at %v", before, after)
	}
	philip.open(blog + "/write/")
	philip.sees("A long title that nobody would cut off")
}

// The tools that are used less are in a group, which the keyboard reaches and leaves.
func TestMoreTools(t *testing.T) {
	t.Parallel()
	tara, _ := startWriting(t, "tara")
	tara.keys("Tools" + kb.Enter + "word")
	tara.goTo("Bold")
	tara.keys(kb.End)
	tara.waitFor("the last tool is the group", `document.activeElement.textContent === "More"`)
	tara.keys(kb.Enter + kb.ArrowRight)
	tara.waitFor("the group is open", `document.activeElement.dataset.tool === "strike"`)
	tara.keys(kb.Escape)
	tara.waitFor("the group is closed", `document.activeElement.textContent === "More" && document.activeElement.getAttribute("aria-expanded") === "false"`)
	tara.keys(kb.Enter + kb.ArrowRight + kb.Enter)
	tara.wantText("~~word~~")
	tara.waitFor("the text has the focus", `document.activeElement.name === "content" && !document.getElementById("editor.more").checkVisibility()`)

	// An address that is selected becomes the target of a link. Otherwise its address is what is written next.
	tara.press("a", chromedp.ModifierCtrl)
	tara.keys("https://example.org/log")
	tara.press("a", chromedp.ModifierCtrl)
	tara.press("k", chromedp.ModifierCtrl)
	tara.keys("The log")
	tara.wantText("[The log](https://example.org/log)")
	tara.keys(kb.End + " lamp")
	tara.press("k", chromedp.ModifierCtrl)
	tara.keys("/lamp/")
	tara.wantText("[The log](https://example.org/log) [lamp](/lamp/)")
}
