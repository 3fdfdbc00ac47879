// Command screenshots makes the pictures of docs/writing.md and docs/themes.md from the demo that runs on this machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// timeout bounds the whole run.
const timeout = 2 * time.Minute

// post is what stands in the editor.
const (
	title = "A walk along the harbour"
	text  = `The ferry leaves at seven, and the gulls know it. By a quarter to, they sit on the bollards like commuters.[^1]

## What to bring

- a coat, whatever the forecast says
- bread, **not** for the gulls
- [the timetable](https://example.org/ferry)

> The sea is never late.

[^1]: They also stand in line.`
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: screenshots PORT STATE FOLDER")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := takeAll(ctx, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintf(os.Stderr, "screenshots: %v: is the demo running? Start it with \"make demo-up\"\n", err)
		os.Exit(1) //nolint:gocritic // the context needs no end
	}
}

// camera takes pictures of pages in a tab, which it writes into a folder.
type camera struct {
	tab    context.Context
	folder string
}

func takeAll(ctx context.Context, port, state, folder string) error {
	password, err := os.ReadFile(filepath.Join(state, "password"))
	if err != nil {
		return fmt.Errorf("read the password of the demo: %w", err)
	}
	tab, stop := newTab(ctx)
	defer stop()
	c := camera{tab: tab, folder: folder}
	site, blog := "http://localhost:"+port, "http://alice.localhost:"+port
	if err := c.logIn(site, blog, strings.TrimSpace(string(password))); err != nil {
		return err
	}
	for _, step := range []func(blog string) error{c.write, c.phone, c.list, c.look} {
		if err := step(blog); err != nil {
			return err
		}
	}
	return nil
}

func newTab(ctx context.Context) (tab context.Context, stop func()) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.DisableGPU)
	if shell, err := exec.LookPath("chromium-headless-shell"); err == nil {
		options = append(options, chromedp.ExecPath(shell))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox does not work for root
	}
	allocator, stopBrowser := chromedp.NewExecAllocator(ctx, options...)
	tab, closeTab := chromedp.NewContext(allocator)
	return tab, func() { closeTab(); stopBrowser() }
}

func (c camera) logIn(site, blog, password string) error {
	if err := chromedp.Do(c.tab, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(site+"/login/")); err != nil {
		return fmt.Errorf("open the login page: %w", err)
	}
	if err := c.run(`document.querySelector("[name=username]").value = "alice";
		document.querySelector("[name=password]").value = ` + quote(password) + `;
		document.querySelector("[name=password]").form.requestSubmit()`); err != nil {
		return err
	}
	if err := c.until("the login", `location.pathname !== "/login/"`); err != nil {
		return err
	}
	return c.open(blog + "/login/")
}

// write begins a post, and shows the preview beside the text.
func (c camera) write(blog string) error {
	if err := c.open(blog + "/write/new/"); err != nil {
		return err
	}
	if err := c.run(`for (const [name, text] of [["title", ` + quote(title) + `], ["content", ` + quote(text) + `]]) {
		document.querySelector("[name=" + name + "]").focus();
		document.execCommand("insertText", false, text);
	}`); err != nil {
		return err
	}
	if err := c.until("the draft is saved", `location.pathname !== "/write/new/" && document.querySelector(".state").textContent.startsWith("Saved")`); err != nil {
		return err
	}
	if err := c.run(`document.querySelector("[value=preview]").click()`); err != nil {
		return err
	}
	if err := c.until("the preview", `document.querySelector(".preview .prose").textContent.includes("commuters")`); err != nil {
		return err
	}
	return c.take("editor")
}

// look shows the themes in the settings, with the posts of the blog in one of them.
func (c camera) look(blog string) error {
	if err := c.open(blog + "/write/settings/"); err != nil {
		return err
	}
	if err := c.run(`document.querySelector("[name=theme][value=strand]").click()`); err != nil {
		return err
	}
	if err := c.until("the preview", `document.querySelector("iframe.look").contentDocument.querySelector(".cards")`); err != nil {
		return err
	}
	if err := c.run(`document.querySelector(".looks").scrollIntoView()`); err != nil {
		return err
	}
	return c.take("themes")
}

// phone shows the same post without the preview, as narrow as a phone.
func (c camera) phone(string) error {
	if err := c.run(`document.querySelector("[value=preview]").click()`); err != nil {
		return err
	}
	if err := chromedp.Do(c.tab, chromedp.EmulateViewport(360, 640)); err != nil {
		return fmt.Errorf("make the window narrow: %w", err)
	}
	if err := c.take("editor-phone"); err != nil {
		return err
	}
	if err := chromedp.Do(c.tab, chromedp.EmulateViewport(1280, 800)); err != nil {
		return fmt.Errorf("make the window wide: %w", err)
	}
	return nil
}

// list shows the posts of the blog, and moves the one that was written to the trash.
func (c camera) list(blog string) error {
	edit, err := chromedp.Run(c.tab, chromedp.Location())
	if err != nil {
		return fmt.Errorf("read the address of the draft: %w", err)
	}
	if err := c.open(blog + "/write/"); err != nil {
		return err
	}
	if err := c.take("posts"); err != nil {
		return err
	}
	if err := c.open(edit + "delete/"); err != nil {
		return err
	}
	if err := c.run(`document.querySelector("main form button:not(.unseen)").click()`); err != nil {
		return err
	}
	return c.until("the draft is in the trash", `location.pathname === "/write/"`)
}

func (c camera) open(address string) error {
	if err := chromedp.Do(c.tab, chromedp.Navigate(address)); err != nil {
		return fmt.Errorf("open %s: %w", address, err)
	}
	return nil
}

// run runs a script on the page.
func (c camera) run(script string) error {
	if _, err := chromedp.Run(c.tab, chromedp.Evaluate[chromedp.Void]("{"+script+"}")); err != nil {
		return fmt.Errorf("run a script on the page: %w", err)
	}
	return nil
}

// until waits until an expression is true on the page.
func (c camera) until(what, expression string) error {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		done, err := chromedp.Run(c.tab, chromedp.Evaluate[bool](`Boolean(document.readyState === "complete" && (`+expression+`))`))
		if err == nil && done {
			return nil
		}
		select {
		case <-again.C:
		case <-c.tab.Done():
			return fmt.Errorf("wait until %s: %w", what, errors.Join(c.tab.Err(), err))
		}
	}
}

func (c camera) take(name string) error {
	picture, err := chromedp.Run(c.tab, chromedp.CaptureScreenshot())
	if err != nil {
		return fmt.Errorf("take the picture %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(c.folder, name+".png"), picture, 0o644); err != nil {
		return fmt.Errorf("write the picture %s: %w", name, err)
	}
	return nil
}

// quote returns a text as a literal of JavaScript.
func quote(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string has no error
	}
	return string(literal)
}
