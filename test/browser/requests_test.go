package browser_test

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// request is what the editor sends to the blog.
type request struct {
	Action string
	// At is when, in milliseconds.
	At float64
}

// countRequests begins to record the requests of the editor.
func (p *person) countRequests() {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		window.requests = [];
		const before = window.fetch;
		window.fetch = (address, options) => {
			window.requests.push({ Action: options?.body.get("action"), At: performance.now() });
			return before(address, options);
		};
	})()`))
}

func (p *person) requests() []request {
	p.t.Helper()
	return run(p.t, p.tab, chromedp.Evaluate[[]request](`window.requests`))
}

// wantRequests fails unless the editor has sent requests with these actions, and no two within three seconds.
func (p *person) wantRequests(actions ...string) {
	p.t.Helper()
	var got []string
	last := -3000.
	for _, r := range p.requests() {
		got = append(got, r.Action)
		if r.At-last < 2990 { // timers are that precise
			p.t.Errorf("a request follows another one after %v ms", r.At-last)
		}
		last = r.At
	}
	if !slices.Equal(got, actions) {
		p.t.Errorf("the editor has sent %q, want %q", got, actions)
	}
}

// saved waits until the state says so.
func (p *person) saved() {
	p.t.Helper()
	p.waitFor("it is saved", `document.querySelector(".state").textContent.startsWith("Saved ")`)
}

// The preview beside the text is shown from the answer of what saves the text: one request, at most every three seconds, and none
// when nothing changed.
func TestOneRequestSavesAndShows(t *testing.T) {
	t.Parallel()
	rosa := openNewPost(t, "rosa")
	rosa.keys("One" + kb.Enter + "*First.*")
	rosa.saved()
	rosa.goTo("Preview")
	rosa.keys(kb.Enter)
	rosa.waitFor("the preview", `document.querySelector(".preview em")?.textContent === "First."`)

	rosa.countRequests()
	rosa.addText(" *Second.*")
	rosa.waitFor("the preview and the state are new", `document.querySelectorAll(".preview em").length === 2 && document.querySelector(".state").textContent.startsWith("Saved ")`)
	rosa.addText(" *Third.*")
	rosa.waitFor("the preview and the state are new", `document.querySelectorAll(".preview em").length === 3 && document.querySelector(".state").textContent.startsWith("Saved ")`)
	rosa.wantRequests("save", "save")

	// Neither leaving the text nor the window sends anything, if there is nothing new.
	run(t, rosa.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		document.activeElement.blur();
		Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
		delete document.visibilityState;
	})()`))
	rosa.waitFor("the pause after the last request is over", `performance.now() - window.requests.at(-1).At > 3500`)
	rosa.wantRequests("save", "save")

	// What the blog does not save is shown as well.
	run(t, rosa.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const slug = document.querySelector("[name=slug]");
		slug.value = "no/slug";
		slug.dispatchEvent(new Event("input", { bubbles: true }));
	})()`))
	rosa.addText(" *Fourth.*")
	rosa.waitFor("the preview is new", `document.querySelectorAll(".preview em").length === 4 && document.querySelector(".state").textContent === "Not saved"`)
	rosa.wantRequests("save", "save", "save")
}

// A text is saved when it loses the focus, and when its preview is opened.
func TestBlurAndPreviewSave(t *testing.T) {
	t.Parallel()
	boris := openNewPost(t, "boris")
	boris.countRequests()
	boris.keys("Blurred" + kb.Enter)
	boris.keys("Text.")
	// It is saved before the pause of a writer has ended.
	start := run(t, boris.tab, chromedp.Evaluate[float64](`(() => { document.activeElement.blur(); return performance.now() })()`))
	boris.saved()
	sent := boris.requests()
	if len(sent) != 1 || sent[0].Action != "save" || sent[0].At-start > 1000 {
		t.Errorf("after the text has lost the focus at %v, the editor has sent %v", start, sent)
	}
	boris.addText(" *More.*")
	run(t, boris.tab, chromedp.Evaluate[chromedp.Void](`document.querySelector("button[value=preview]").focus()`))
	boris.keys(kb.Enter)
	boris.waitFor("the preview and the state are new", `document.querySelector(".preview em")?.textContent === "More." && document.querySelector(".state").textContent.startsWith("Saved ")`)
	if sent := boris.requests(); len(sent) != 2 || sent[1].Action != "save" {
		t.Errorf("the preview has sent %v", sent[1:])
	}
}
