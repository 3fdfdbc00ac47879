package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// The pages of an owner have something on them here: versions to compare, a post in the trash, a draft in Arabic, and an upload.
func TestOwnersPages(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	olga, blog := startWriting(t, "olga")
	olga.keys("What a lighthouse keeper knows about attention, and other things that nobody asked" + kb.Enter + "First.")
	olga.publish()
	olga.addText(kb.Enter + kb.Enter + "Second.")
	olga.press(kb.Enter, chromedp.ModifierCtrl)
	olga.inPanel()
	olga.keys(kb.Enter)
	olga.sees("Updated. Readers can see the changes now.")
	const first = "/write/what-a-lighthouse-keeper-knows-about-attention-and-other-things-that-nobody-asked/"
	olga.open(blog + first + "revisions/")
	compare := run(t, olga.tab, chromedp.Evaluate[string](`document.querySelector(".versions a").href`))

	olga.open(blog + "/write/new/")
	olga.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	olga.keys("Old" + kb.Enter + "Gone.")
	olga.waitFor("it is saved", `location.pathname === "/write/old/"`)
	olga.open(blog + "/write/old/delete/")
	olga.choose("Move to the trash", "1 post was moved to the trash.")
	olga.open(blog + "/write/new/")
	olga.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	olga.keys("المنارة والسجل" + kb.Enter + "نص 🎉")
	olga.waitFor("it is saved", `location.pathname !== "/write/new/"`)
	draft := olga.address()
	photo := filepath.Join(t.TempDir(), "a photograph with a rather long name of the harbour in the morning.jpg")
	if err := os.WriteFile(photo, picturetest.FlatJPEG(1200, 800, false, 0x22, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	olga.open(blog + "/write/media/")
	olga.do(chromedp.SetUploadFiles(`#uploads\.file`, []string{photo}))
	olga.choose("Upload", "Uploaded.")

	for page, address := range map[string]string{
		"olga-list": blog + "/write/", "olga-trash": blog + "/write/?show=trash", "olga-uploads": blog + "/write/media/", "olga-draft": draft,
		"olga-published": blog + first + "?done=published", "olga-versions": blog + first + "revisions/", "olga-compare": compare,
		"olga-settings": blog + "/write/settings/",
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			look(t, olga.tab, page, address, axe)
		})
	}
}
