package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// Several files are dropped, pasted and cancelled, and one that is too large says what it is and what is possible.
func TestUploads(t *testing.T) {
	t.Parallel()
	ulla := openNewPost(t, "ulla")
	ulla.keys("Harbour" + kb.Enter + "Before.")
	first, second := picture(t, "harbour.jpg"), picture(t, "pier [1].jpg")
	ulla.drag(input.DispatchDragEventTypeDragEnter, first, second)
	ulla.drag(input.DispatchDragEventTypeDragOver, first, second)
	ulla.waitFor("the column says where files go", `getComputedStyle(document.querySelector(".sheet.dropping")).outlineStyle === "dashed" && document.querySelector(".sheet").dataset.drop === "Drop to insert here"`)
	ulla.holdUploads()
	ulla.drag(input.DispatchDragEventTypeDrop, first, second)
	ulla.wantText("Before.\n\n![Uploading harbour.jpg…]()\n\n![Uploading pier _1_.jpg…]()\n\n")
	ulla.waitFor("the column is as before", `document.querySelector(".dropping") === null`)
	ulla.keys("Behind.")
	run(t, ulla.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	ulla.waitFor("the first picture is there", `/^Before\.\n\n!\[\]\(\/media\/[^)]+\)\n\n!\[Uploading pier _1_\.jpg…\]\(\)\n\nBehind\.$/.test(document.querySelector("[name=content]").value)`)
	// The second one is cancelled while it is sent.
	run(t, ulla.tab, chromedp.Evaluate[chromedp.Void](`document.querySelector(".uploads progress + button").focus()`))
	ulla.keys(kb.Enter)
	ulla.waitFor("its placeholder is gone", `/^Before\.\n\n!\[\]\(\/media\/[^)]+\)\n\n\n\nBehind\.$/.test(document.querySelector("[name=content]").value) && document.querySelector(".uploads progress") === null`)
	ulla.waitFor("the text has the focus", `document.activeElement.name === "content"`)

	// A picture is pasted, over nothing.
	ulla.write("")
	run(t, ulla.tab, chromedp.Evaluate[bool](`(() => {
		const clipboardData = new DataTransfer();
		clipboardData.items.add(new File(["GIF89a"], "image.gif", { type: "image/gif" }));
		return document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
	})()`))
	ulla.wantText("![Uploading image.gif…]()\n\n")
	run(t, ulla.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	ulla.sees("image.gif was not uploaded")
	ulla.goTo("Remove")
	ulla.keys(kb.Enter)
	ulla.wantText("\n\n")

	large := filepath.Join(t.TempDir(), "large.jpg")
	if err := os.WriteFile(large, make([]byte, 23_000_000), 0o600); err != nil {
		t.Fatal(err)
	}
	ulla.do(chromedp.SetUploadFiles(".picker", []string{large}))
	ulla.waitFor("the placeholder", `document.querySelector("[name=content]").value.includes("![Uploading large.jpg…]()")`)
	run(t, ulla.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	ulla.sees("large.jpg was not uploaded: 23 MB, at most 20 MB.")
}

// The text of a dropped Markdown file is inserted if its author says so.
func TestDroppedMarkdown(t *testing.T) {
	t.Parallel()
	mona := openNewPost(t, "mona")
	answers, asked := make(chan bool, 2), make(chan string, 2)
	opened := make(chan string, 2)
	err := chromedp.Listen(mona.tab, func(event any) {
		if event, ok := event.(*page.EventJavascriptDialogOpening); ok && event.Type == page.DialogTypeConfirm {
			opened <- event.Message
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for message := range opened {
			if _, err := chromedp.Call(mona.tab, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: <-answers}); err == nil {
				asked <- message
			}
		}
	}()
	mona.keys("Dropped" + kb.Enter + "Mine.")
	file := filepath.Join(t.TempDir(), "notes.md")
	if err := os.WriteFile(file, []byte("# Notes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, accept := range []bool{false, true} {
		answers <- accept
		mona.drag(input.DispatchDragEventTypeDragEnter, file)
		mona.drag(input.DispatchDragEventTypeDragOver, file)
		mona.drag(input.DispatchDragEventTypeDrop, file)
		select {
		case got := <-asked:
			if got != "Insert the text of notes.md?" {
				t.Errorf("the question is %q", got)
			}
		case <-time.After(stepTimeout):
			t.Fatal("nobody is asked")
		}
		if !accept {
			mona.keys("!") // after what the answer has changed
			mona.wantText("Mine.!")
		}
	}
	mona.wantText("Mine.!\n\n# Notes\n\n\n")
}

// An author who has changed a placeholder is asked where the file goes.
func TestChangedPlaceholder(t *testing.T) {
	t.Parallel()
	cleo := openNewPost(t, "cleo")
	cleo.keys("Pier" + kb.Enter)
	cleo.holdUploads()
	cleo.do(chromedp.SetUploadFiles(".picker", []string{picture(t, "pier.jpg")}))
	cleo.wantText("![Uploading pier.jpg…]()\n\n")
	cleo.write("Nothing but words")
	run(t, cleo.tab, chromedp.Evaluate[chromedp.Void](`window.release()`))
	cleo.sees("pier.jpg was uploaded, but the text has no place for it any more.")
	cleo.wantText("Nothing but words")
	cleo.goTo("Insert")
	cleo.keys(kb.Enter)
	cleo.waitFor("the picture is at the caret", `/^Nothing but words\n\n!\[\]\(\/media\/[^)]+\)\n\n$/.test(document.querySelector("[name=content]").value)`)
	cleo.sees("What does the picture show?")
}

// picture creates a file with a picture.
func picture(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, picturetest.FlatJPEG(1200, 800, false, 0x22, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// holdUploads makes each file wait until window.release is called. window.loaded is how many have been answered.
func (p *person) holdUploads() {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`(() => {
		const { send } = XMLHttpRequest.prototype;
		window.loaded = 0;
		XMLHttpRequest.prototype.send = function (body) {
			this.addEventListener("loadend", () => window.loaded++);
			window.release = () => send.call(this, body);
			this.abort = () => this.dispatchEvent(new ProgressEvent("loadend")); // nothing ends a request that is not sent
		};
	})()`))
}

// drag moves files over the text, or drops them there.
func (p *person) drag(event input.DispatchDragEventType, files ...string) {
	p.t.Helper()
	box := run(p.t, p.tab, chromedp.Evaluate[[]float64](`(() => { const box = document.querySelector("[name=content]").getBoundingClientRect(); return [box.x + 20, box.y + 20] })()`))
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.DispatchDragEvent, input.DispatchDragEventParams{
			Type: event, X: box[0], Y: box[1], Data: &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1},
		})
		return chromedp.Void{}, err
	})
}
