package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// Enter continues a list in a quote, and ends first the list and then the quote.
func TestListInQuote(t *testing.T) {
	t.Parallel()
	quinn := openNewPost(t, "quinn")
	quinn.keys("Quoted" + kb.Enter + "> - a" + kb.Enter + "b" + kb.Enter)
	quinn.wantText("> - a\n> - b\n> - ")
	quinn.keys(kb.Enter)
	quinn.wantText("> - a\n> - b\n> ")
	quinn.keys(kb.Enter)
	quinn.wantText("> - a\n> - b\n")
	quinn.keys("> > 1. c" + kb.Enter)
	quinn.wantText("> - a\n> - b\n> > 1. c\n> > 2. ")
}

// On keyboards where the slash is on the 7, Ctrl+Shift+7 makes a list and opens nothing.
func TestOrderedListWhereSlashIsOnSeven(t *testing.T) {
	t.Parallel()
	greta := openNewPost(t, "greta")
	greta.keys("German" + kb.Enter + "one")
	shifted := input.DispatchKeyEventParams{Type: kb.KeyRawDown, Modifiers: int64(kb.ModifierCtrl | kb.ModifierShift), Key: "/", Code: "Digit7", WindowsVirtualKeyCode: '7'}
	greta.dispatch(shifted)
	greta.wantText("1. one")
	greta.waitFor("no list of keys is open", `!document.querySelector("dialog.keys").open`)
	// Elsewhere the slash has a key of its own.
	greta.dispatch(input.DispatchKeyEventParams{Type: kb.KeyRawDown, Modifiers: int64(kb.ModifierCtrl), Key: "/", Code: "Slash", WindowsVirtualKeyCode: 191})
	greta.waitFor("the list of keys is open", `document.querySelector("dialog.keys").open`)
	greta.wantText("1. one")
}
