package browser_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// violation is the violation of one rule, as reported by axe.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// ECHOBLOGS_SCREENSHOTS is a folder for screenshots of all pages. Defaults to none.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run hack/browser.sh", err)
	}
	s := newSite(t)
	browser := newBrowser(t)
	pages := []struct {
		name, host, path string
		status           int
	}{
		{"index", "alice.localhost", "/", http.StatusOK},
		{"index-2", "alice.localhost", "/page/2/", http.StatusOK},
		{"index-3", "alice.localhost", "/page/3/", http.StatusOK},
		{"post", "alice.localhost", "/rich/", http.StatusOK},
		{"empty", "empty.localhost", "/", http.StatusOK},
		{"no-page", "alice.localhost", "/none/", http.StatusNotFound},
		{"no-blog", "nobody.localhost", "/", http.StatusNotFound},
		{"suspended", "bob.localhost", "/", http.StatusPaymentRequired},
		{"away", "carol.localhost", "/", http.StatusServiceUnavailable},
		{"settings", "dora.localhost", "/", http.StatusOK},
		{"settings-post", "dora.localhost", "/lamp/", http.StatusOK},
		{"right-to-left", "noor.localhost", "/", http.StatusOK},
		{"right-to-left-post", "noor.localhost", "/lamp/", http.StatusOK},
		{"owner", "erin.localhost", "/", http.StatusOK},
		{"owner-post", "erin.localhost", "/lamp/", http.StatusOK},
		{"owner-no-page", "erin.localhost", "/none/", http.StatusNotFound},
		{"full", "lena.localhost", "/", http.StatusOK},
		{"full-list", "lena.localhost", "/write/", http.StatusOK},
		{"full-list-2", "lena.localhost", "/write/?page=2", http.StatusOK},
		{"full-drafts", "lena.localhost", "/write/?show=draft", http.StatusOK},
		{"full-pages", "lena.localhost", "/write/?show=pages", http.StatusOK},
		{"full-search", "lena.localhost", "/write/?q=lighthouse&order=title", http.StatusOK},
	}
	for _, name := range []string{"erin", "lena"} {
		logIn(t, browser, name+".localhost", s.LogIn(name, name+".localhost").Cookies["session"])
	}
	for _, page := range pages {
		if !strings.HasPrefix(page.path, "/write/") { // which needs the session
			s.WaitFor(page.host, page.path, page.status)
		}
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			look(t, browser, page.name, "http://"+page.host+":"+s.port+page.path, string(axe))
		})
	}
}

// logIn sets the cookie of a session.
func logIn(t *testing.T, browser context.Context, host, session string) {
	t.Helper()
	err := chromedp.Do(browser, chromedp.Action[chromedp.Void](func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: "session", Value: session, Domain: host, Path: "/", HTTPOnly: new(true)})
		return chromedp.Void{}, err
	}))
	if err != nil {
		t.Fatal(err)
	}
}

func newBrowser(t *testing.T, further ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.DisableGPU)
	options = append(options, further...)
	// It starts in a quarter of the CPU time of Debian's chromium.
	if shell, err := exec.LookPath("chromium-headless-shell"); err == nil {
		options = append(options, chromedp.ExecPath(shell))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox does not work for root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start a browser: %v: run hack/browser.sh", err)
	}
	return browser
}

// look opens a page in a tab of its own, and reports the findings of axe and the messages of the console.
func look(t *testing.T, browser context.Context, name, address, axe string) {
	t.Helper()
	tab, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	console := chromedp.Console(tab)
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	if rules := run(t, tab, chromedp.Evaluate[int](`document.styleSheets[0].cssRules.length`)); rules == 0 {
		t.Error("the style sheet is empty")
	}
	run(t, tab, chromedp.Evaluate[chromedp.Void](axe))
	lookAround(t, tab, name)
	wantSilence(t, tab, console, address)
}

// lookAround examines the page in a tab, which has the script of axe, on a phone, a tablet and a desktop, in light and in dark.
func lookAround(t *testing.T, tab context.Context, name string) {
	t.Helper()
	for _, width := range []int64{360, 768, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			if err := chromedp.Do(tab, chromedp.EmulateViewport(width, 800), prefer(scheme)); err != nil {
				t.Fatal(err)
			}
			full := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			examine(t, tab, full, width)
			runAxe(t, tab, full)
		}
	}
}

// examine reports what is wrong with the page in a tab as it looks now.
func examine(t *testing.T, tab context.Context, name string, width int64) {
	t.Helper()
	if folder := os.Getenv("ECHOBLOGS_SCREENSHOTS"); folder != "" {
		picture := run(t, tab, chromedp.FullScreenshot(100))
		if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
			t.Error(err)
		}
	}
	if wide := run(t, tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > width {
		t.Errorf("%s is %d pixels wide and scrolls horizontally", name, wide)
	}
}

func runAxe(t *testing.T, tab context.Context, name string) {
	t.Helper()
	violations := run(t, tab, chromedp.Evaluate[[]violation](`axe.run().then(result => result.violations)`, chromedp.EvalAwaitPromise))
	for _, v := range violations {
		t.Errorf("%s: %s: %s", name, v.ID, v.Help)
		for _, node := range v.Nodes {
			t.Errorf("  %s\n  %s", node.HTML, strings.ReplaceAll(node.Summary, "\n", "\n  "))
		}
	}
}

// run takes one step in a tab that has been used before.
func run[T any](t *testing.T, tab context.Context, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// prefer sets the color scheme that the user prefers, light or dark.
func prefer(scheme string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	}
}

// wantSilence fails the test for each message of the console, except that the page itself has an error status.
func wantSilence(t *testing.T, tab context.Context, console iter.Seq2[chromedp.ConsoleMessage, error], address string) {
	t.Helper()
	const end = "end of the messages"
	run(t, tab, chromedp.Evaluate[chromedp.Void](`console.log("`+end+`")`))
	for message, err := range console {
		switch {
		case err != nil:
			t.Fatal(err)
		case message.Text == end:
			return
		case message.Source != "network" || message.URL != address:
			t.Errorf("console: %s (%s)", message, message.URL)
		}
	}
}
