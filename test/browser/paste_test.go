package browser_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	rich  = `<p>See <b>the</b> <a href="https://example.org/log">log</a>.</p>`
	plain = "See the log."
)

// What is pasted becomes Markdown, in one step of the browser's undo, unless it is code or pasted as plain text.
func TestPaste(t *testing.T) {
	t.Parallel()
	pia := openNewPost(t, "pia")
	pia.keys("Pasted" + kb.Enter)

	pia.copies("text/html", rich, "text/plain", plain)
	pia.paste(false)
	pia.wantText("See **the** [log](https://example.org/log).")
	pia.undo()
	pia.wantText("")
	pia.paste(true)
	pia.wantText(plain)

	// An address over words makes them a link; over an address and in code it replaces them.
	const address = "https://example.org/a_(b)"
	pia.copies("text/plain", address)
	for _, try := range []struct{ text, selected, want string }{
		{"the log [1] of", "log [1]", `the [log \[1\]](https://example.org/a_%28b%29) of`},
		{"see https://example.org/ there", "https://example.org/", "see " + address + " there"},
		{"run `the log`", "log", "run `the " + address + "`"},
		{"```\nthe log\n```", "log", "```\nthe " + address + "\n```"},
	} {
		pia.write(try.text)
		pia.selects(try.selected)
		pia.paste(false)
		pia.wantText(try.want)
		pia.undo()
		pia.wantText(try.text)
	}

	pia.write("Tides")
	pia.copies("text/plain", "Day\tHigh\nMon\t3|4 m\n")
	pia.paste(false)
	pia.wantText("Tides\n\n| Day | High |\n| --- | --- |\n| Mon | 3\\|4 m |\n\n")
	// The first column of a table is not empty: these are lines of code.
	const code = "\ta := 1\n\tb := 2"
	pia.write("")
	pia.copies("text/plain", code)
	pia.paste(false)
	pia.wantText(code)
}

// Pasting as plain text is for one paste: the next one, from the menu of a mouse, is not.
func TestPastePlainOnce(t *testing.T) {
	t.Parallel()
	pete := openNewPost(t, "pete")
	pete.keys("Pasted" + kb.Enter)
	pete.copies("text/plain", plain)
	pete.paste(true)
	pete.wantText(plain)
	run(t, pete.tab, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/html", %q);
		clipboardData.setData("text/plain", %q);
		return document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
	})()`, rich, plain)))
	pete.wantText(plain + "See **the** [log](https://example.org/log).")
}

// copies puts data into the clipboard. Arguments are alternating types and texts.
func (p *person) copies(typesAndTexts ...string) {
	p.t.Helper()
	data, err := json.Marshal(typesAndTexts)
	if err != nil {
		p.t.Fatal(err)
	}
	if !run(p.t, p.tab, chromedp.Evaluate[bool](fmt.Sprintf(`((data) => {
		document.addEventListener("beforecopy", (event) => event.preventDefault(), { once: true });
		document.addEventListener("copy", (event) => {
			for (let i = 0; i < data.length; i += 2) { event.clipboardData.setData(data[i], data[i + 1]); }
			event.preventDefault();
		}, { once: true });
		return document.execCommand("copy");
	})(%s)`, data), func(p *runtime.EvaluateParams) { gesture := true; p.UserGesture = &gesture })) {
		p.t.Fatal("the browser does not copy")
	}
}

// paste presses the keys that paste, or those that paste plain text.
func (p *person) paste(asPlainText bool) {
	p.t.Helper()
	event := input.DispatchKeyEventParams{Type: kb.KeyRawDown, Modifiers: int64(kb.ModifierCtrl), Key: "v", Code: "KeyV", WindowsVirtualKeyCode: 'V', Commands: []string{"Paste"}}
	if asPlainText {
		event.Modifiers, event.Key, event.Commands = int64(kb.ModifierCtrl|kb.ModifierShift), "V", []string{"PasteAndMatchStyle"}
	}
	p.dispatch(event)
	event.Type, event.Commands = kb.KeyUp, nil
	p.dispatch(event)
}
