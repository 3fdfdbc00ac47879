package browser_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A visitor writes on the landing page, chooses an address, signs up, and finds the text in the editor of the new blog, which stores it when they save.
func TestWriteFirst(t *testing.T) {
	t.Parallel()
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://nina.", 1)
	browser := newBrowser(t)
	nina := newPerson(t, browser)
	nina.open(site + "/")
	nina.goTo("Title")
	nina.keys("Bread & \"more\"" + kb.Enter)
	nina.keys("First line." + kb.Enter + "- second" + kb.Enter) // a list continues
	nina.goTo("Bold")
	nina.keys(kb.Enter)
	nina.waitFor("the tool", `document.getElementById("text").value === "First line.\n- second\n- ****"`)
	run(t, nina.tab, chromedp.Evaluate[chromedp.Void](`document.execCommand("insertText", false, "tredje ø 😀")`))
	nina.sees("Kept in this browser")
	nina.open(site + "/")
	nina.waitFor("the text is still there", `document.getElementById("text").value === "First line.\n- second\n- **tredje ø 😀**"`)
	nina.fill("Choose an address", "Nina!")
	nina.sees("Use lowercase letters, digits and hyphens.")
	again := func(name string) {
		run(t, nina.tab, chromedp.Evaluate[chromedp.Void](`document.getElementById("username").select()`))
		nina.keys(name)
	}
	again("www")
	nina.sees("This name is reserved for the platform itself")
	again("nina")
	nina.sees("nina.localhost is free")
	nina.choose("Start my blog", "It opens in the editor of your new blog.")
	nina.waitFor("the name is in the form", `document.getElementById("username").value === "nina"`)
	nina.fill("Email address", "nina@example.org", "Password", password)
	nina.choose("Sign up", "Your text from before you signed up. Not saved yet.")
	nina.wantText("First line.\n- second\n- **tredje ø 😀**")
	nina.waitFor("title and address", `document.querySelector("[name=title]").value === 'Bread & "more"' && location.href === "`+blog+`/write/new/"`)

	// It is not saved when its author goes to another tab. The timer comes after the one that saves.
	sent := run(t, nina.tab, chromedp.Evaluate[int](`new Promise((done) => {
		let sent = 0;
		const before = window.fetch;
		window.fetch = (...request) => { sent++; return before(...request); };
		Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
		delete document.visibilityState;
		setTimeout(() => done(sent), 10);
	})`, chromedp.EvalAwaitPromise))
	if sent != 0 {
		t.Errorf("%d requests save a text that nobody has edited", sent)
	}
	nina.press("s", chromedp.ModifierCtrl)
	nina.sees("Saved")
	nina.waitFor("the draft has an address", `location.pathname === "/write/bread-and-more/"`)

	// The public site offers it for a day, and does not open it again by itself.
	nina.open(site + "/")
	nina.sees("The text that you began before you signed up")
	nina.choose("Discard", "Good ")
	nina.waitFor("the text is dropped", `localStorage.getItem("draft") === null`)
}

// Anybody can make an address with a text: it is shown, and neither runs nor is saved.
func TestTextInAddress(t *testing.T) {
	t.Parallel()
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://oona.", 1)
	browser := newBrowser(t)
	oona := newPerson(t, browser)
	oona.register(site, "oona")
	oona.choose("Write", "You have no posts yet")
	fragment := "#draft=" + base64.RawURLEncoding.EncodeToString([]byte("<img src=x onerror=document.title='run'>\n<script>document.title='run'</script>"))
	oona.open(blog + "/write/new/" + fragment)
	oona.wantText("<script>document.title='run'</script>")
	oona.waitFor("nothing runs", `document.title !== "run" && location.hash === ""`)
	for _, broken := range []string{"#draft=%%%", "#draft=", "#draft=" + strings.Repeat("A", 70_000)} {
		oona.open(blog + "/write/")
		oona.open(blog + "/write/new/" + broken)
		oona.waitFor("the address is clear and the text empty", `location.hash === "" && document.querySelector("[name=content]")?.value === ""`)
	}
	oona.open(blog + "/write/")
	oona.sees("You have no posts yet")
}
