package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A post that was changed in another window is compared with that, in its details, too. It replaces the other one when its author
// chooses so, and by nothing else.
func TestConflictOfTwoWindows(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	dora, blog := startWriting(t, "dora")
	dora.keys("Harbour" + kb.Enter + "First line.")
	dora.sees("Saved")
	other := dora.newTab()
	other.open(blog + "/write/harbour/")
	other.wantText("First line.")
	run(t, other.tab, chromedp.Evaluate[chromedp.Void](`(() => { const { tags } = document.querySelector("form.editor").elements; tags.value = "north"; tags.dispatchEvent(new Event("input", { bubbles: true })) })()`))
	other.waitFor("it is saved", `document.querySelector(".state").textContent.startsWith("Saved ")`)

	const conflict = `document.querySelector(".state").textContent.startsWith("Changed in another window at ") && document.querySelector(".state a").textContent === "Compare"
		&& document.querySelector(".stored .fields td").textContent === "north"`
	dora.addText(" Mine.")
	dora.waitFor("the conflict is shown", conflict)
	dora.lookHere("conflict", axe)
	// Neither to go on nor to publish replaces the other post.
	dora.addText(" More.")
	dora.waitFor("the state stays", conflict)
	dora.press("s", chromedp.ModifierCtrl)
	dora.press(kb.Enter, chromedp.ModifierCtrl)
	dora.waitFor("the choice has the focus, and no panel is open", `document.activeElement.id === "editor.stored" && !document.querySelector("dialog.publish").open`)
	third := dora.newTab()
	third.open(blog + "/write/harbour/")
	third.waitFor("the tag is there", `document.querySelector("[name=tags]").value === "north"`)
	third.wantText("First line.")

	dora.goTo("Keep mine")
	dora.keys(kb.Enter)
	dora.waitFor("it is saved", `document.querySelector(".state").textContent.startsWith("Saved ") && document.querySelector(".stored").hidden`)

	// The panel finds a conflict, too, and the other text can be used: then that of this window is kept, and offered.
	other.press(kb.Enter, chromedp.ModifierCtrl)
	other.sees("The post was changed in another window. Close this panel to compare the texts.")
	other.keys(kb.Escape)
	other.addText(" Other.")
	other.goTo("Use the other")
	other.keys(kb.Enter)
	other.wantText("First line. Mine. More.")
	other.sees("There is newer text from")
	other.open(blog + "/write/")
	other.sees("Draft")
}

// The comparison is not under the bar when "Compare" leads to it, and each of its lines has its own direction.
func TestComparisonOnAPhone(t *testing.T) {
	t.Parallel()
	dina := openNewPost(t, "dina")
	dina.keys("Harbour" + kb.Enter + "First line.")
	dina.sees("Saved")
	other := dina.newTab()
	other.open(dina.address())
	other.wantText("First line.")
	other.addText("\nمرحبا بالعالم")
	other.sees("Saved")
	if err := chromedp.Do(dina.tab, chromedp.EmulateViewport(360, 740)); err != nil {
		t.Fatal(err)
	}
	dina.addText(" Mine.")
	dina.sees("Changed in another window at")
	dina.goTo("Compare")
	dina.keys(kb.Enter)
	dina.waitFor("the heading is below the bar", `(() => {
		const heading = document.querySelector(".stored h2").getBoundingClientRect(), bar = document.querySelector(".bar").getBoundingClientRect();
		return scrollY > 0 && heading.top >= bar.bottom && heading.bottom < innerHeight;
	})()`)
	dina.waitFor("Arabic is laid out from right to left", `[...document.querySelectorAll(".diff del, .diff ins")].map((line) => getComputedStyle(line).direction).join() === "ltr,rtl,ltr"`)
}
