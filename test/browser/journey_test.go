package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// journey is what a new author does until readers see a post, with at most a minute for all of it.
type journey struct {
	*person
	name    string
	photo   string
	started time.Time
	steps   int
}

// startJourney gives a person a photo, and starts the clock.
func startJourney(t *testing.T, browser context.Context, name string) *journey {
	t.Helper()
	photo := filepath.Join(t.TempDir(), "harbour.jpg")
	if err := os.WriteFile(photo, picturetest.FlatJPEG(1200, 800, false, 0x22, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, browser)
	ctx, cancel := context.WithTimeout(p.tab, time.Minute)
	t.Cleanup(cancel)
	p.tab = ctx
	return &journey{person: p, name: name, photo: photo, started: time.Now()}
}

// step does one step, and logs how long it took.
func (j *journey) step(what string, act func()) {
	j.t.Helper()
	before := time.Now()
	act()
	j.steps++
	j.t.Logf("%d. %s: %.1f s", j.steps, what, time.Since(before).Seconds())
}

// arrive checks what a reader sees.
func (j *journey) arrive(browser context.Context, site, slug, alt string) {
	j.t.Helper()
	j.t.Logf("%s: %d steps, %.1f s", j.name, j.steps, time.Since(j.started).Seconds())
	reader := newPerson(j.t, browser)
	reader.open(strings.Replace(site, "http://", "http://"+j.name+".", 1) + "/" + slug + "/")
	reader.sees("In the harbour.")
	reader.waitFor("the picture is shown", `(() => { const i = document.querySelector(".prose img"); return i.alt === "`+alt+`" && i.complete && i.naturalWidth > 0 && i.width > 100 })()`)
}

// attach chooses a file in the dialog that an action opens.
func (j *journey) attach(open func()) {
	j.t.Helper()
	opened := make(chan *page.EventFileChooserOpened, 1)
	err := chromedp.Listen(j.tab, func(event any) {
		if event, ok := event.(*page.EventFileChooserOpened); ok {
			opened <- event
		}
	})
	if err != nil {
		j.t.Fatal(err)
	}
	call(j.person, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
		return err
	})
	open()
	select {
	case event := <-opened:
		call(j.person, func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{j.photo}, BackendNodeID: event.BackendNodeID})
			return err
		})
	case <-j.tab.Done():
		j.t.Fatal("no dialog for a file opens")
	}
}

// call runs commands in the tab of a person.
func call(p *person, work func(ctx context.Context) error) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		return chromedp.Void{}, work(ctx)
	})
}

// tap clicks the middle of the element with an accessible name, where nothing may lie over it.
func (p *person) tap(name string) {
	p.t.Helper()
	const find = `((wanted) => {
		const name = (e) => { const c = e.cloneNode(true); c.querySelectorAll("[aria-hidden=true]").forEach((h) => h.remove()); return c.textContent.replace(/\s+/g, " ").trim(); };
		for (const e of [...document.querySelectorAll("button, input, textarea, summary"), ...document.querySelectorAll("a")]) {
			if ((e.labels?.length ? name(e.labels[0]) : e.getAttribute("aria-label") || name(e)) !== wanted || !e.checkVisibility()) { continue; }
			const middle = () => {
				const box = e.getBoundingClientRect();
				const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 40)];
				return e.contains(document.elementFromPoint(x, y)) ? [x, y] : [];
			};
			if (middle().length === 0) { e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" }); }
			return middle();
		}
		return [];
	})`
	p.waitFor("nothing lies over "+name, find+`(`+quote(name)+`).length === 2`)
	at := run(p.t, p.tab, chromedp.Evaluate[[]float64](find+`(`+quote(name)+`)`))
	p.do(chromedp.MouseClickXY(at[0], at[1]))
}

func quote(text string) string { return "`" + text + "`" }

const question = "What does the picture show? harbour.jpg"

// From the landing page to a post with a picture, by keyboard: the text is written before there is a blog.
func TestJourneyByKeyboard(t *testing.T) { //nolint:paralleltest // others would take its time
	_, site := newPlatform(t)
	browser := newBrowser(t)
	j := startJourney(t, browser, "keyla")
	j.step("open the landing page", func() { j.open(site + "/") })
	j.step("write", func() {
		j.goTo("Title")
		j.keys("Boats" + kb.Enter + "In the harbour." + kb.Enter + kb.Enter)
		j.sees("Kept in this browser")
	})
	j.step("start a blog", func() { j.choose("Start my blog", "It opens in the editor of your new blog.") })
	j.step("sign up", func() {
		j.fill("User name", j.name, "Email address", j.name+"@example.org", "Password", password)
		j.choose("Sign up", "Your text from before you signed up. Not saved yet.")
	})
	j.step("add a picture", func() {
		j.waitFor("the text has the focus", `document.activeElement.name === "content"`)
		j.press(kb.End, chromedp.ModifierCtrl)
		j.goTo("Bold")
		j.keys(strings.Repeat(kb.ArrowRight, 3))
		j.attach(func() { j.keys(kb.Enter) })
		j.waitFor("the picture is in the text", `/!\[\]\(\/media\/[^)]+\.jpg\)/.test(document.querySelector("[name=content]").value)`)
	})
	j.step("describe it", func() {
		j.goTo(question)
		j.keys("Two boats [red]" + kb.Enter)
		j.waitFor("the description is in the text", `document.querySelector("[name=content]").value.includes("![Two boats \\[red\\]](/media/") && document.activeElement.name === "content"`)
	})
	j.step("publish", j.publish)
	j.arrive(browser, site, "boats", "Two boats [red]")
}

// The same with a finger on a phone of 360 pixels.
func TestJourneyOnAPhone(t *testing.T) { //nolint:paralleltest // others would take its time
	_, site := newPlatform(t)
	browser := newBrowser(t)
	j := startJourney(t, browser, "phoebe")
	j.do(chromedp.EmulateViewport(360, 740))
	j.step("open the landing page", func() { j.open(site + "/") })
	j.step("write", func() {
		j.tap("Title")
		j.keys("Boats")
		j.tap("Text")
		j.keys("In the harbour." + kb.Enter + kb.Enter)
		j.sees("Kept in this browser")
	})
	j.step("start a blog", func() {
		j.tap("Start my blog")
		j.sees("It opens in the editor of your new blog.")
	})
	j.step("sign up", func() {
		for _, field := range [][2]string{{"User name", j.name}, {"Email address", j.name + "@example.org"}, {"Password", password}} {
			j.tap(field[0])
			j.keys(field[1])
		}
		j.tap("Sign up")
		j.sees("Your text from before you signed up. Not saved yet.")
	})
	j.step("add a picture", func() {
		j.waitFor("the text has the focus", `document.activeElement.name === "content"`)
		j.press(kb.End, chromedp.ModifierCtrl)
		j.attach(func() { j.tap("Picture") })
		j.waitFor("the picture is in the text", `/!\[\]\(\/media\/[^)]+\.jpg\)/.test(document.querySelector("[name=content]").value)`)
	})
	j.step("describe it", func() {
		j.tap(question)
		j.keys("Two boats" + kb.Enter)
	})
	j.step("publish", func() {
		j.tap("Publish")
		j.inPanel()
		j.tap("Publish now")
		j.sees("Published. Readers can see it now.")
	})
	if wide := run(t, j.tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > 360 {
		t.Errorf("the page is %d pixels wide", wide)
	}
	j.arrive(browser, site, "boats", "Two boats")
}

// The same without script: the text is written after the sign-up, and the picture is uploaded on a page of its own.
func TestJourneyWithoutScript(t *testing.T) { //nolint:paralleltest // others would take its time
	_, site := newPlatform(t)
	browser := newBrowser(t)
	j := startJourney(t, browser, "nora")
	call(j.person, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	j.step("open the landing page", func() { j.open(site + "/") })
	j.step("start a blog", func() { j.choose("Start my blog", "User name") })
	j.step("sign up", func() {
		j.fill("User name", j.name, "Email address", j.name+"@example.org", "Password", password)
		j.choose("Sign up", "Your blog is live")
	})
	j.step("open the uploads", func() {
		j.choose("Write", "You have no posts yet")
		j.choose("Uploads", "There are no uploads yet.")
	})
	var address string
	j.step("upload a picture", func() {
		j.do(chromedp.SetUploadFiles(`#uploads\.file`, []string{j.photo}))
		j.choose("Upload", "Uploaded.")
		address = run(t, j.tab, chromedp.Evaluate[string](`document.querySelector(".files input").value`))
	})
	j.step("write", func() {
		j.choose("Posts", "You have no posts yet")
		j.choose("New post", "Not saved yet")
		j.fill("Title", "Boats", "Text", "In the harbour.\n\n![Two boats]("+address+")")
	})
	j.step("preview", func() {
		j.choose("Preview", "In the harbour.")
		j.waitFor("the preview has the size of the picture", `document.querySelector(".preview img")?.getAttribute("width") === "1200"`)
	})
	j.step("publish", func() { j.choose("Publish", "Published. Readers can see it now.") })
	j.arrive(browser, site, "boats", "Two boats")
}
