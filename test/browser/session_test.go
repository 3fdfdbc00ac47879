package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// When the session ends while its author writes, the editor says so until there is a new one, and then saves by itself.
func TestExpiredSession(t *testing.T) {
	t.Parallel()
	erin, blog := startWriting(t, "erin")
	erin.keys("Harbour" + kb.Enter + "First.")
	erin.sees("Saved")
	other := erin.newTab()
	other.open(blog + "/logout/")
	other.goTo("Log out")
	other.choose("Log out", "Served by")

	const loggedOut = `document.querySelector(".state").textContent === "You are logged out. Your text is kept. Log in" && document.querySelector(".state a").target === "_blank"`
	erin.addText(" Second.")
	erin.waitFor("the state says so", loggedOut)
	erin.addText(" Third.")
	erin.waitFor("the state stays", loggedOut)
	erin.waitFor("the browser has a copy", copied+` === "First. Second. Third."`)

	other.open(blog + "/login/?next=/write/")
	other.sees("Harbour")
	run(t, erin.tab, chromedp.Evaluate[chromedp.Void](`window.dispatchEvent(new Event("focus"))`)) // the author comes back to the tab
	erin.waitFor("it is saved", `document.querySelector(".state").textContent.startsWith("Saved ") && document.querySelector("[data-error=login]").hidden`)
	erin.waitFor("the copy is dropped", copied+` === ""`)
	other.open(blog + "/write/harbour/")
	other.wantText("First. Second. Third.")
}
