package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A screen reader hears that the text is saved, what is wrong at once, and when that has ended. It does not hear what every key changes.
func TestAnnouncedStates(t *testing.T) {
	t.Parallel()
	frida, _ := startWriting(t, "frida")
	run(t, frida.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		window.announced = [];
		const live = document.querySelector(".state + .unseen");
		new MutationObserver(() => announced.push(live.textContent.replace(/\d\d:\d\d.*/, "").trim())).observe(live, { childList: true, characterData: true, subtree: true });
	})()`))
	frida.keys("Harbour" + kb.Enter + "First.")
	frida.waitFor("it is announced that the text is saved", `announced.join("|") === "Saved"`)
	frida.network(true)
	frida.addText(" Second.")
	frida.waitFor("it is announced that the text is not saved", `announced[1]?.startsWith("Not saved. Trying again")`)
	frida.network(false)
	frida.waitFor("it is announced that the text is saved again", `announced.at(-1) === "Saved" && announced.length > 2`)
	frida.waitFor("no passing state was announced", `announced.every((text) => text === "Saved" || text.startsWith("Not saved. Trying again"))`)
}

// A state that follows soon on another is announced when the silence is over.
func TestLastStateIsAnnounced(t *testing.T) {
	t.Parallel()
	flora, _ := startWriting(t, "flora")
	const announced = `document.querySelector(".state + .unseen").textContent`
	flora.keys("Harbour" + kb.Enter + "First.")
	flora.waitFor("it is announced that the text is saved", announced+`.startsWith("Saved")`)
	// The clock of the page is set to shortly before the end of the silence.
	run(t, flora.tab, chromedp.Evaluate[chromedp.Void](`(() => { const now = Date.now; Date.now = () => now() + 25000; document.querySelector(".state + .unseen").textContent = "" })()`))
	flora.addText(" Second.")
	flora.waitFor("it is saved", `document.querySelector(".state").textContent.startsWith("Saved")`)
	flora.waitFor("the last state is announced", announced+`.startsWith("Saved")`)
}
