package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// phone is an author and a reader, each with a phone of 360 pixels.
type phone struct {
	*journey
	reader *person
	blog   string
}

// Posts of every kind are written on a phone by the buttons, the tools and the panel of the editor, and readers see what was meant.
func TestKindsOfPostsOnAPhone(t *testing.T) {
	t.Parallel()
	author, blog := startWriting(t, "percy")
	photo := filepath.Join(t.TempDir(), "harbour.jpg")
	if err := os.WriteFile(photo, picturetest.FlatJPEG(1200, 800, false, 0x22, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &phone{&journey{person: author, photo: photo}, newPerson(t, author.tab), blog}
	p.do(chromedp.EmulateViewport(360, 740))
	p.reader.do(chromedp.EmulateViewport(360, 740))
	p.writeEssay()
	p.writePhotoPost()
	p.writeLinkNote()
	p.writeTable()
	p.writeRightToLeft()
}

// writeEssay writes a post with two footnotes, the second of them after the first has its text.
func (p *phone) writeEssay() {
	p.t.Helper()
	p.keys("What the keeper wrote" + kb.Enter + "It begins in May.")
	p.useMore("Footnote")
	p.keys("The first pages are lost.")
	p.press(kb.Home, chromedp.ModifierCtrl)
	p.keys(kb.End + " It ends in June.")
	p.useMore("Footnote")
	p.keys("Of the same year.")
	p.wantText("It begins in May.[^1] It ends in June.[^2]\n\n[^1]: The first pages are lost.\n\n[^2]: Of the same year.")
	p.publishAndRead()
	for number, note := range []string{"The first pages are lost.", "Of the same year."} {
		reference := fmt.Sprintf(`document.querySelectorAll("[role=doc-noteref]")[%d]`, number)
		run(p.t, p.reader.tab, chromedp.Evaluate[chromedp.Void](reference+`.click()`))
		p.reader.waitFor("the reference leads to its note", `document.querySelector(":target")?.textContent.includes(`+quote(note)+`)`)
		run(p.t, p.reader.tab, chromedp.Evaluate[chromedp.Void](`document.querySelector(":target [role=doc-backlink]").click()`))
		p.reader.waitFor("the note leads back", `document.querySelector(":target")?.contains(`+reference+`)`)
	}
}

// writePhotoPost writes a post that is a picture with its description.
func (p *phone) writePhotoPost() {
	p.t.Helper()
	p.startPost()
	p.keys("Harbour" + kb.Enter)
	p.attach(func() { p.tap("Picture") })
	p.waitFor("the picture is in the text", `/^!\[\]\(\/media\/[^)]+\.jpg\)/.test(document.querySelector("[name=content]").value)`)
	p.tap(question)
	p.keys("Two boats at the quay" + kb.Enter)
	p.publishAndRead()
	p.reader.waitFor("the picture is shown, with its description", `(() => {
		const picture = document.querySelector(".prose img");
		return picture.alt === "Two boats at the quay" && picture.complete && picture.naturalWidth > 0 && picture.clientWidth > 200 && picture.clientWidth <= 360;
	})()`)
}

// writeLinkNote writes a note that begins with a link: the address comes first, and the tool makes it the target.
func (p *phone) writeLinkNote() {
	p.t.Helper()
	p.startPost()
	p.tap("Text")
	p.keys("https://example.org/log")
	p.press("a", chromedp.ModifierCtrl)
	p.tap("Link")
	p.keys("The log")
	p.press(kb.End, chromedp.ModifierCtrl)
	p.keys(" is worth reading.")
	p.wantText("[The log](https://example.org/log) is worth reading.")
	p.publishAndRead()
	p.reader.waitFor("the link leads to the page that the note is about, and nothing is titled", `(() => {
		const article = document.querySelector("article");
		return article.querySelector(".prose a").href === "https://example.org/log" && article.innerText.includes("The log is worth reading.") &&
			[...document.querySelectorAll("h1, h2")].every((heading) => heading.textContent.trim() !== "");
	})()`)
	p.reader.open(p.blog + "/")
	p.reader.sees("The log is worth reading.")
}

// writeTable pastes twelve columns from a spreadsheet.
func (p *phone) writeTable() {
	p.t.Helper()
	p.startPost()
	p.keys("Hours of light" + kb.Enter)
	rows := []string{"Lighthouse", "North Skerry", "Tern"}
	for column := 1; column < 12; column++ {
		rows[0] += fmt.Sprintf("\tMonth %d", column)
		rows[1] += fmt.Sprintf("\t%d hours", 100+column)
		rows[2] += "\tdark"
	}
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", `+quote(strings.Join(rows, "\n"))+`);
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
	})()`))
	p.waitFor("the cells are a table", `document.querySelector("[name=content]").value.startsWith("| Lighthouse | Month 1 |")`)
	p.publishAndRead()
	p.reader.waitFor("all of the table is there, in a box that scrolls", `(() => {
		const box = document.querySelector(".prose .table"), last = box.querySelector("tr:last-child td:last-child");
		const cut = last.getBoundingClientRect().right > innerWidth;
		box.scrollLeft = box.scrollWidth;
		return cut && box.querySelectorAll("th").length === 12 && box.querySelectorAll("td").length === 24 && box.scrollWidth > box.clientWidth &&
			last.getBoundingClientRect().right <= box.getBoundingClientRect().right + 1;
	})()`)
}

// writeRightToLeft writes a post in Arabic, of which nothing has to be said.
func (p *phone) writeRightToLeft() {
	p.t.Helper()
	p.startPost()
	p.keys("المنارة والسجل" + kb.Enter + "في البدء كان الضوء.")
	p.waitFor("the editor writes from right to left", `["title", "content"].every((name) => getComputedStyle(document.querySelector("[name=" + name + "]")).direction === "rtl")`)
	p.publishAndRead()
	p.reader.waitFor("the post is in Arabic, from right to left", `(() => {
		const article = document.querySelector("article");
		return article.dir === "rtl" && article.lang === "ar" && [...article.querySelectorAll("h1, .prose, .prose p")].every((e) => getComputedStyle(e).direction === "rtl");
	})()`)
}

// startPost leaves a published post for the next one.
func (p *phone) startPost() {
	p.t.Helper()
	p.tap("Posts")
	p.sees("Export posts")
	p.wantNarrow(p.person)
	p.tap("New post")
	p.waitFor("the title has the focus", `document.activeElement.name === "title" && location.pathname === "/write/new/"`)
}

// useMore uses a tool of the group that is closed at first.
func (p *phone) useMore(tool string) {
	p.t.Helper()
	p.tap("More")
	p.tap(tool)
	p.waitFor("the text has the focus", `document.activeElement.name === "content"`)
}

// publishAndRead publishes the post, and opens it as a reader does.
func (p *phone) publishAndRead() {
	p.t.Helper()
	p.wantNarrow(p.person)
	p.tap("Publish")
	p.inPanel()
	p.wantNarrow(p.person)
	p.tap("Publish now")
	p.sees("Published. Readers can see it now.")
	p.wantNarrow(p.person)
	p.reader.open(run(p.t, p.tab, chromedp.Evaluate[string](`document.querySelector(".notice a").href`)))
	p.reader.waitFor("the post is there", `document.querySelector("article .prose") !== null`)
	p.wantNarrow(p.reader)
}

// wantNarrow fails the test if a page or an element is wider than the phone, but for what scrolls in a box of its own: the body cuts off
// what is too wide, so that the page itself does not tell.
func (p *phone) wantNarrow(who *person) {
	p.t.Helper()
	wide := run(p.t, who.tab, chromedp.Evaluate[[]string](`[document.documentElement, ...document.body.querySelectorAll("*")]
		.filter((e) => e.checkVisibility() && !e.closest(".unseen, .skip") && !e.parentElement?.closest(".table, pre, [role=toolbar]"))
		.filter((e) => Math.max(e.getBoundingClientRect().right, e === document.documentElement ? e.scrollWidth : 0) > 360.5 || e.getBoundingClientRect().left < -.5)
		.map((e) => e.outerHTML.slice(0, 120))`))
	for _, element := range wide {
		p.t.Errorf("%s is wider than the phone: %s", who.address(), element)
	}
	if folder := os.Getenv("ECHOBLOGS_SCREENSHOTS"); folder != "" {
		p.steps++
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("phone-%02d.png", p.steps)), run(p.t, who.tab, chromedp.FullScreenshot(100)), 0o644); err != nil {
			p.t.Error(err)
		}
	}
}
