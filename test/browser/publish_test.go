package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// publish publishes the post that is written, from wherever the focus is: Ctrl+Enter opens the panel, in which "Publish now" has the
// focus.
func (p *person) publish() {
	p.t.Helper()
	p.waitFor("the editor has started", `!document.querySelector(".tools").hidden`)
	p.press(kb.Enter, chromedp.ModifierCtrl)
	p.inPanel()
	p.keys(kb.Enter)
	p.sees("Published. Readers can see it now.")
}

// inPanel waits until the panel is open and its button has the focus.
func (p *person) inPanel() {
	p.t.Helper()
	p.waitFor("the panel to publish is open", `document.querySelector("dialog.publish").open && document.activeElement.matches("dialog.publish .now")`)
}

// readAxe returns the script of axe.
func readAxe(t *testing.T) string {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run hack/browser.sh", err)
	}
	return string(axe)
}

// lookHere is look at the page in the tab of a person as it is now.
func (p *person) lookHere(name, axe string) {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](axe))
	lookAround(p.t, p.tab, name)
}

// A post is published in a panel that says where readers find it and what is missing, with the fields that matter then.
func TestPublishPanel(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://paula.", 1)
	browser := newBrowser(t)
	paula := newPerson(t, browser)
	paula.register(site, "paula")
	paula.choose("Write", "You have no posts yet")
	paula.choose("New post", "Not saved yet")

	paula.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	// Nothing is published, and no post made, of nothing.
	paula.press(kb.Enter, chromedp.ModifierCtrl)
	paula.sees("There is nothing to publish yet.")
	paula.press(kb.Tab, chromedp.ModifierShift) // from the text
	paula.keys("The lamp and the log")
	paula.addText("![](https://example.org/a.png)\n\nTK, see [the log]().\n\n<iframe></iframe>")
	paula.goTo("Publish")
	paula.keys(kb.Enter)
	paula.inPanel()
	for _, line := range []string{
		"Readers find it at " + blog + "/the-lamp-and-the-log/", "Line 1: The picture https://example.org/a.png has no description.",
		"Line 3: “TK” says that something is still to come.", "Line 3: A link has no address.", "Line 5: <iframe> is removed, because a post cannot have it.",
	} {
		paula.sees(line)
	}
	paula.lookHere("panel", axe)
	// Closing it publishes nothing, and the fields are among the details again.
	paula.keys(kb.Escape)
	paula.waitFor("the panel is closed", `!document.querySelector("dialog").open && !!document.querySelector(".details .publishing")`)
	reader := newPerson(t, browser)
	reader.open(blog + "/the-lamp-and-the-log/")
	reader.sees("There is nothing at this address")

	// The address is checked, and an error stays in the panel with the text.
	paula.press(kb.Enter, chromedp.ModifierCtrl)
	paula.inPanel()
	paula.goTo("Address")
	run(t, paula.tab, chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	paula.keys("no/address")
	paula.goTo("Publish now")
	paula.keys(kb.Enter)
	paula.sees("Not published. Correct the field above.")
	paula.sees("is not a valid address")
	paula.goTo("Address")
	run(t, paula.tab, chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	paula.keys("lamp")
	paula.goTo("Excerpt")
	paula.keys("A short one")
	paula.press(kb.Enter, chromedp.ModifierCtrl)
	paula.sees("Published. Readers can see it now.")
	paula.waitFor("the address", `location.pathname === "/write/lamp/"`)
	reader.finds(blog+"/", "A short one")
	paula.lookHere("published", axe)

	// Changes are not public before the panel says so.
	paula.addText(" More.")
	paula.sees("are not public yet")
	paula.goTo("Update…")
	paula.keys(kb.Enter)
	paula.inPanel()
	paula.keys(kb.Enter)
	paula.sees("Updated. Readers can see the changes now.")
	paula.choose("Unpublish", "Unpublished. It is a draft now")
	reader.finds(blog+"/lamp/", "There is nothing at this address")

	// With a date in the future it is scheduled.
	paula.press(kb.Enter, chromedp.ModifierCtrl)
	paula.inPanel()
	run(t, paula.tab, chromedp.Evaluate[chromedp.Void](`(() => { const d = document.querySelector("[name=date]"); d.value = "2099-01-31T08:30"; d.dispatchEvent(new Event("input", { bubbles: true })) })()`))
	paula.waitFor("the button says so", `document.activeElement.textContent === "Publish at this time"`)
	paula.keys(kb.Enter)
	paula.sees("Scheduled. Readers can see it from its date on.")
}

// Publishing waits for a picture that is being uploaded, and says so. One that fails is not published as a placeholder.
func TestPublishWaitsForUploads(t *testing.T) {
	t.Parallel()
	uma, blog := startWriting(t, "uma")
	photo := filepath.Join(t.TempDir(), "pier.jpg")
	if err := os.WriteFile(photo, picturetest.FlatJPEG(1200, 800, false, 0x22, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	uma.keys("Pier" + kb.Enter + "At the pier." + kb.Enter + kb.Enter)
	// The file is sent when the test says so: the first time to an address that refuses it.
	run(t, uma.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const { send, open } = XMLHttpRequest.prototype;
		window.attempts = 0;
		XMLHttpRequest.prototype.open = function (method, address) { window.release = undefined; open.call(this, method, window.attempts++ ? address : "/none/"); };
		XMLHttpRequest.prototype.send = function (body) { window.release = () => send.call(this, body); };
	})()`))
	uma.do(chromedp.SetUploadFiles(".picker", []string{photo}))
	uma.wantText("At the pier.\n\n![Uploading pier.jpg…]()\n\n")
	uma.keys("More words.")
	uma.wantText("At the pier.\n\n![Uploading pier.jpg…]()\n\nMore words.")
	uma.press(kb.Enter, chromedp.ModifierCtrl)
	uma.inPanel()
	uma.keys(kb.Enter)
	uma.sees("Waiting for the upload of a file…")
	uma.waitFor("the file can be sent", `window.release !== undefined`)
	run(t, uma.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	uma.sees("A file was not uploaded. Close this panel, and upload it again or remove it.")
	uma.keys(kb.Escape)
	uma.sees("pier.jpg was not uploaded: the blog answered 405. Try again.")
	uma.goTo("Retry")
	uma.keys(kb.Enter)
	uma.press(kb.Enter, chromedp.ModifierCtrl)
	uma.inPanel()
	uma.keys(kb.Enter)
	uma.sees("Waiting for the upload of a file…")
	uma.waitFor("the file can be sent", `window.release !== undefined`)
	run(t, uma.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	uma.sees("Published. Readers can see it now.")
	reader := newPerson(t, uma.tab)
	reader.open(blog + "/pier/")
	reader.sees("More words.")
	reader.waitFor("the picture is shown", `document.querySelector(".prose img").naturalWidth > 0`)
}
