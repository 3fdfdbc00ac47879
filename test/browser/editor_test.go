package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A post is written with the keyboard: lists continue, keys format, each change is one step of the browser's undo, and the draft
// is saved without a question.
func TestEditor(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run hack/browser.sh", err)
	}
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://wanda.", 1)
	browser := newBrowser(t)
	wanda := newPerson(t, browser)
	wanda.register(site, "wanda")
	wanda.choose("Write", "You have no posts yet")
	wanda.choose("New post", "Not saved yet")
	look(t, wanda.tab, "editor-new", blog+"/write/new/", string(axe))
	wanda.open(blog + "/write/new/")

	// The title has the focus; Enter leads to the text.
	wanda.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	wanda.keys("A photo walk" + kb.Enter)
	wanda.keys("- one" + kb.Enter + "two" + kb.Enter + kb.Enter + "end")
	wanda.wantText("- one\n- two\nend")
	wanda.press("b", chromedp.ModifierCtrl)
	wanda.wantText("- one\n- two\n**end**")
	run(t, wanda.tab, chromedp.Evaluate[chromedp.Void](`document.execCommand("undo")`))
	wanda.wantText("- one\n- two\nend")
	wanda.press("7", chromedp.ModifierCtrl, chromedp.ModifierShift)
	wanda.wantText("- one\n- two\n1. end")
	wanda.keys(kb.End + kb.Enter) // what was undone is selected
	wanda.wantText("- one\n- two\n1. end\n2. ")
	// Tab indents in a list, and moves the focus after Escape.
	wanda.keys(kb.Tab)
	wanda.wantText("- one\n- two\n1. end\n   2. ")
	wanda.keys(kb.Escape + kb.Tab)
	wanda.waitFor("the text has lost the focus", `document.activeElement.name !== "content"`)

	wanda.sees("Saved")
	wanda.waitFor("the address is that of the draft", `location.pathname === "/write/a-photo-walk/"`)
	wanda.goTo("Bold")
	wanda.keys(kb.ArrowRight + kb.ArrowRight + kb.Enter)
	wanda.wantText("- one\n- two\n1. end\n##    2. ")

	// The preview stands beside the text, and what is removed is listed.
	wanda.addText("\n\n<iframe></iframe>\n\n*Tail*")
	wanda.goTo("Preview")
	wanda.keys(kb.Enter)
	wanda.sees("<iframe> is removed, because a post cannot have it.")
	wanda.waitFor("the preview", `document.querySelector(".preview em")?.textContent === "Tail"`)
	wanda.sees("Saved")

	wanda.open(blog + "/write/")
	wanda.sees("A photo walk")
	reader := newPerson(t, browser)
	reader.open(blog + "/a-photo-walk/")
	reader.sees("There is nothing at this address")
}

// Without a network, with a crash, or from another window: no text is lost.
func TestNoTextIsLost(t *testing.T) {
	t.Parallel()
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://victor.", 1)
	victor := newPerson(t, newBrowser(t))
	victor.register(site, "victor")
	victor.open(blog + "/login/?next=/write/new/")
	victor.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	victor.keys("Storm" + kb.Enter + "First line.")
	victor.sees("Saved")

	victor.network(true)
	victor.addText(" Second line.")
	victor.sees("Not saved. Trying again in 4 s.")
	// The tab crashes; another one offers what the server lacks.
	tab, closeTab := chromedp.NewContext(victor.tab)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab, chromedp.Navigate(blog+"/write/storm/")); err != nil {
		t.Fatal(err)
	}
	again := &person{t: t, tab: tab}
	again.sees("There is newer text from")
	again.open(blog + "/write/") // it is offered until its author decides
	again.open(blog + "/write/storm/")
	again.sees("There is newer text from")
	again.wantText("First line.")
	again.goTo("Use it")
	again.keys(kb.Enter)
	again.wantText("First line. Second line.")
	again.sees("Saved")

	// The first window is back, with the same text: nothing is overwritten, and both texts are there.
	victor.addText(" Third line.")
	victor.network(false)
	victor.sees("Changed in another window at")
	victor.sees("First line. Second line. Third line.")
	victor.wantText("First line. Second line. Third line.")
	victor.goTo("Keep mine")
	victor.keys(kb.Enter)
	victor.sees("Saved")
	again.open(blog + "/write/storm/")
	again.wantText("First line. Second line. Third line.")
}

// addText types at the end of the text.
func (p *person) addText(text string) {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`(() => { const c = document.querySelector("[name=content]"); c.focus(); c.setSelectionRange(c.value.length, c.value.length) })()`))
	p.keys(strings.ReplaceAll(text, "\n", kb.Enter))
}

// press presses a key with modifiers.
func (p *person) press(key string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// keys presses keys as a keyboard does: a key whose default was prevented enters no character. chromedp.KeyEvent sends characters
// as events of their own, which nothing prevents.
func (p *person) keys(text string) {
	p.t.Helper()
	for _, character := range text {
		var sent *input.DispatchKeyEventParams
		for _, event := range kb.Encode(character) {
			switch event.Type {
			case kb.KeyChar:
				sent.Text, sent.UnmodifiedText = event.Text, event.UnmodifiedText
				continue
			case kb.KeyUp:
				p.dispatch(*sent)
			}
			sent = event
		}
		p.dispatch(*sent)
	}
}

func (p *person) dispatch(event input.DispatchKeyEventParams) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, event)
		return chromedp.Void{}, err
	})
}

// network turns the network off or on.
func (p *person) network(off bool) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}},
		})
		return chromedp.Void{}, err
	})
}

// wantText waits until the field of the text has a value.
func (p *person) wantText(want string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, stepTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for last := ""; ; {
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("[name=content]")?.value ?? ""`)); err == nil {
			last = got
		}
		if last == want {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("the text is %q, want %q", last, want)
		}
	}
}

// waitFor waits until an expression is true.
func (p *person) waitFor(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, stepTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && is {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("wait until %s", what)
		}
	}
}
