package browser_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// On a slow network, authors write before the script of the editor has started. That is saved, too.
func TestTextFromBeforeTheScript(t *testing.T) {
	t.Parallel()
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://uma.", 1)
	uma := newPerson(t, newBrowser(t))
	uma.register(site, "uma")
	uma.open(blog + "/login/?next=/write/new/")
	uma.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	uma.keys("Early" + kb.Enter + "Late.")
	uma.sees("Saved")
	// Scripts of the page begin after this event.
	uma.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `document.addEventListener("readystatechange", () => {
				const content = document.querySelector("[name=content]");
				if (document.readyState === "interactive" && content) { content.value += " Early."; }
			})`,
		})
		return chromedp.Void{}, err
	})
	uma.open(blog + "/write/early/")
	uma.wantText("Late. Early.")
	uma.waitFor("it is saved", `document.querySelector(".state").textContent.startsWith("Saved ")`)
}

// A post that the blog refuses is shown again. The browser keeps its copy, offers no second one, and does not save by itself what
// the author has to decide.
func TestRefusedTextIsKept(t *testing.T) {
	t.Parallel()
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://vera.", 1)
	vera := newPerson(t, newBrowser(t))
	vera.register(site, "vera")
	vera.open(blog + "/login/?next=/write/new/")
	vera.waitFor("the script has started", `document.querySelector(".state + .unseen") !== null`)
	run(t, vera.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const form = document.querySelector("form.editor");
		form.elements.title.value = "Refused";
		form.elements.content.value = "Text.";
		form.elements.slug.value = "no/slug";
		form.elements.slug.dispatchEvent(new Event("input", { bubbles: true }));
		form.requestSubmit(form.querySelector("button[value=publish]")); // without the panel
	})()`))
	vera.sees("is not a valid address")
	const kept = `Object.keys(localStorage).filter((key) => key.startsWith("post:"))`
	vera.waitFor("the copy is kept, and not offered beside the same text", kept+`.length === 1 && document.querySelector(".offer") === null`)
	vera.waitFor("the state says so", `document.querySelector(".state").textContent === "Not saved"`)

	// The tab is closed without a question about the text, as in a crash.
	tab, closeTab := chromedp.NewContext(vera.tab)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab, chromedp.Navigate(blog+"/write/new/")); err != nil {
		t.Fatal(err)
	}
	again := &person{t: t, tab: tab}
	again.sees("There is newer text from")
	again.goTo("Use it")
	again.keys(kb.Enter)
	again.wantText("Text.")
	run(t, tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const { slug } = document.querySelector("form.editor").elements;
		slug.value = "a-slug";
		slug.dispatchEvent(new Event("input", { bubbles: true }));
	})()`))
	again.sees("Saved")
	again.waitFor("the copy is dropped", kept+`.length === 0`)
}
