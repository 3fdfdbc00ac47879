package browser_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// compose shows what an input method composes at the caret. Empty: it is cancelled.
func (p *person) compose(text string) {
	p.t.Helper()
	end := int64(len([]rune(text)))
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: end, SelectionEnd: end})
		return chromedp.Void{}, err
	})
}

// commit ends what is composed with a text.
func (p *person) commit(text string) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return chromedp.Void{}, err
	})
}

// Keys that an input method takes while it composes change nothing else, and what ends meanwhile waits for it.
func TestInputMethod(t *testing.T) {
	t.Parallel()
	ines := openNewPost(t, "ines")
	taken := func(code string) input.DispatchKeyEventParams {
		return input.DispatchKeyEventParams{Type: kb.KeyRawDown, Key: code, Code: code, WindowsVirtualKeyCode: 229}
	}
	ines.compose("てがみ")
	ines.dispatch(taken("Enter"))
	ines.waitFor("the title has the focus", `document.activeElement.name === "title" && document.activeElement.value === "てがみ"`)
	ines.commit("手紙")
	ines.keys(kb.Enter + "- ")
	ines.compose("ひ")
	ines.dispatch(taken("Enter"))
	ines.dispatch(taken("Tab"))
	ines.wantText("- ひ")
	ines.commit("火")
	ines.wantText("- 火")

	// An upload ends.
	ines.write("")
	ines.holdUploads()
	ines.do(chromedp.SetUploadFiles(".picker", []string{picture(t, "pier.jpg")}))
	ines.wantText("![Uploading pier.jpg…]()\n\n")
	ines.compose("にほ")
	run(t, ines.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		window.ended = 0;
		document.activeElement.addEventListener("compositionend", () => window.ended++);
		window.release();
	})()`))
	ines.waitFor("the upload has ended", `window.loaded === 1`)
	ines.compose("にほん")
	ines.wantText("![Uploading pier.jpg…]()\n\nにほん")
	ines.waitFor("the input method still composes", `window.ended === 0`)
	ines.commit("日本")
	ines.waitFor("the picture is in the text", `/^!\[\]\(\/media\/[^)]+\)\n\n日本$/.test(document.querySelector("[name=content]").value)`)
	ines.sees("What does the picture show?")
	ines.addText("!")
	ines.waitFor("the author writes on", `document.querySelector("[name=content]").value.endsWith("日本!")`)
	if text := run(t, ines.tab, chromedp.Evaluate[string](`document.querySelector("[name=content]").value`)); strings.Contains(text, "Uploading") {
		t.Errorf("the text is %q", text)
	}
}
