package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// person uses a tab with the keyboard only.
type person struct {
	t   *testing.T
	tab context.Context
}

// stepTimeout bounds each step in a browser. There is no limit for all steps of a person together, because tests that run
// in parallel delay each other.
const stepTimeout = time.Minute

// newPerson opens a tab without cookies.
func newPerson(t *testing.T, browser context.Context) *person {
	t.Helper()
	tab, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	// The tab closes when the context of its first step ends, so that has no timeout.
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1280, 800)); err != nil {
		t.Fatal(err)
	}
	return &person{t: t, tab: tab}
}

func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Steps(steps...))
}

func (p *person) open(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
}

// focused evaluates to the accessible name of the focused element.
const focused = `(() => {
	const name = (e) => {
		const copy = e.cloneNode(true);
		copy.querySelectorAll("[aria-hidden=true]").forEach((hidden) => hidden.remove());
		return copy.textContent.replace(/\s+/g, " ");
	};
	const e = document.activeElement;
	return (e.labels?.length ? name(e.labels[0]) : e.getAttribute("aria-label") || (e === document.body ? "" : name(e))).trim();
})()`

// goTo presses the Tab key until an element with an accessible name has the focus.
func (p *person) goTo(name string) {
	p.t.Helper()
	var passed []string
	for range 60 {
		p.do(chromedp.KeyEvent(kb.Tab))
		now := run(p.t, p.tab, chromedp.Evaluate[string](focused))
		if now == name {
			return
		}
		passed = append(passed, now)
	}
	p.t.Fatalf("the Tab key never reaches %q, but %q", name, passed)
}

// fill types into the fields of a form. Arguments are alternating names and texts.
func (p *person) fill(namesAndTexts ...string) {
	p.t.Helper()
	for i := 0; i+1 < len(namesAndTexts); i += 2 {
		p.goTo(namesAndTexts[i])
		p.do(chromedp.KeyEvent(namesAndTexts[i+1]))
	}
}

// choose follows a link or presses a button, and waits until the page contains a text.
func (p *person) choose(name, then string) {
	p.t.Helper()
	p.goTo(name)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees(then)
}

// sees waits until the page contains a text.
func (p *person) sees(text string) {
	p.t.Helper()
	p.wait(text, func(context.Context) error { return nil })
}

// finds reloads a page until it contains a text, because changes take a moment to reach the blog.
func (p *person) finds(address, text string) {
	p.t.Helper()
	p.wait(text, func(ctx context.Context) error { return chromedp.Do(ctx, chromedp.Navigate(address)) })
}

// wait waits until the page contains a text, and calls before ahead of each check.
func (p *person) wait(text string, before func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, stepTimeout)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	var shown string
	for {
		err := before(ctx)
		if err == nil {
			var now string
			now, err = chromedp.Run(ctx, chromedp.Evaluate[string](`document.readyState === "complete" ? document.body.innerText : ""`))
			if err == nil {
				shown = now
			}
		}
		if err == nil && strings.Contains(shown, text) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.t.Fatalf("the page never contains %q (%v), but:\n%s", text, err, shown)
		}
	}
}

// address returns the URL of the page.
func (p *person) address() string {
	p.t.Helper()
	return run(p.t, p.tab, chromedp.Location())
}
