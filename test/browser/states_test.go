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

// The editor is examined in the states that the address of a page does not give: with its details and its keys open, with uploads
// that run, fail and ask, with text that the browser offers, and after a change in another window.
func TestStatesOfTheEditor(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	stella, blog := startWriting(t, "stella")
	stella.keys("What a lighthouse keeper knows about attention, and other things that no one has asked" + kb.Enter + "First.")
	stella.publish()
	stella.addText(" Second.")
	stella.sees("are not public yet")
	stella.goTo("Details")
	stella.keys(kb.Enter)
	stella.waitFor("the details are open", `document.querySelector(".details").open`)
	stella.lookHere("state-details", axe)
	stella.press("/", chromedp.ModifierCtrl)
	stella.waitFor("the keys are shown", `document.querySelector("dialog.keys").open`)
	stella.lookHere("state-keys", axe)
	stella.keys(kb.Escape)

	stella.upload(t)
	stella.lookHere("state-uploads", axe)
	stella.tap("Remove")
	run(t, stella.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	stella.waitFor("the last file is stored", `document.querySelectorAll(".uploads progress").length === 0`)

	// What is written without a network is offered in another window, which then changes the post.
	stella.sees("are not public yet")
	stella.network(true)
	stella.addText(" Third.")
	stella.sees("Not saved. Trying again in")
	again := stella.newTab()
	again.open(stella.address())
	again.sees("There is newer text from")
	again.goTo("Compare")
	again.keys(kb.Enter)
	again.waitFor("the text is shown", `document.activeElement.closest(".offer") !== null`)
	again.lookHere("state-offer", axe)
	again.addText(" Fourth.")
	again.sees("are not public yet")
	stella.network(false)
	stella.sees("Changed in another window at")
	stella.lookHere("state-conflict", axe)

	look(t, stella.tab, "state-discard", blog+pathOf(stella.address())+"discard/", axe)
	look(t, stella.tab, "state-delete", blog+pathOf(stella.address())+"delete/", axe)
	again.open(again.address())
	again.goTo("Details")
	again.keys(kb.Enter)
	again.goTo("Make a link")
	again.keys(kb.Enter)
	again.waitFor("the link is shown", `document.getElementById("editor.share")?.value.startsWith("http")`)
	stranger := newPerson(t, stella.tab)
	stranger.open(run(t, again.tab, chromedp.Evaluate[string](`document.getElementById("editor.share").value`)))
	stranger.sees("Fourth.")
	stranger.lookHere("state-shared", axe)
}

// The list of posts is examined when it asks before it deletes permanently, and when it could not change a post.
func TestStatesOfTheList(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	leo, blog := startWriting(t, "leo")
	leo.keys("المنارة والسجل" + kb.Enter + "نص")
	leo.waitFor("it is saved", `location.pathname !== "/write/new/"`)
	editing := leo.address()
	leo.open(blog + "/write/")
	again := leo.newTab()
	again.open(editing)
	again.waitFor("the editor has started", `document.querySelector("form.editor .tools").checkVisibility()`)
	again.addText(" نص")
	again.sees("Not saved yet")
	again.sees("Saved ")
	leo.chooseAll()
	leo.choose("Delete", "Some posts were not deleted")
	leo.lookHere("state-bulk-failure", axe)

	leo.open(blog + "/write/")
	leo.chooseAll()
	leo.choose("Delete", "1 post was moved to the trash.")
	leo.open(blog + "/write/?show=trash")
	leo.chooseAll()
	leo.choose("Delete permanently", "You cannot restore them afterwards.")
	leo.lookHere("state-erase", axe)
}

// upload puts three files into the text: the first fails, the second is stored and asks for its description, and the third is held
// until the page calls release.
func (p *person) upload(t *testing.T) {
	t.Helper()
	var photos []string
	for _, name := range []string{"pier.jpg", "a photograph with a rather long name of the harbour in the morning.jpg", "ميناء.jpg"} {
		photos = append(photos, filepath.Join(t.TempDir(), name))
		if err := os.WriteFile(photos[len(photos)-1], picturetest.FlatJPEG(1200, 800, false, 0x22, 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, p.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const { send, open } = XMLHttpRequest.prototype;
		let attempts = 0;
		XMLHttpRequest.prototype.open = function (method, address) { open.call(this, method, attempts++ ? address : "/none/"); };
		XMLHttpRequest.prototype.send = function (body) {
			window.release = () => send.call(this, body);
			if (attempts < 3) { window.release(); }
		};
	})()`))
	p.do(chromedp.SetUploadFiles(".picker", photos))
	p.sees("pier.jpg was not uploaded")
	p.sees("What does the picture show?")
	p.waitFor("the last file is on its way", `document.querySelectorAll(".uploads progress").length === 1 && !!window.release`)
}

// chooseAll marks all posts of the list.
func (p *person) chooseAll() {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("[name=post]").forEach((box) => (box.checked = true))`))
	// The next button is reached from here, after those of the menus.
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".posts .menu summary")].at(-1).focus()`))
}

// pathOf returns the path of an address.
func pathOf(address string) string {
	_, path, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	path, _, _ = strings.Cut(path, "?")
	return "/" + path
}
