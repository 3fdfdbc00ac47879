package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Pictures of a pair are cropped to the same height, around what their author says, wherever in the address that is.
func TestWhatStaysVisibleOfPictures(t *testing.T) {
	t.Parallel()
	s := &site{Platform: blogtest.NewDatabase(t)}
	s.create("alice", "Alice", blogtest.Start.AddDate(1, 0, 0))
	s.Save("alice", post.Document{Title: "Pairs", Slug: "pairs", Content: "![a](/a.png#top,wide) ![b](/b.png#wide,bottom-right)\n\n![c](/c.png#left) ![d](/d.png#top-left)\n\n![e](/e.png) ![f](/f.png#right)"})
	s.Serve(blog.Options{})
	_, s.port, _ = strings.Cut(s.Address, ":")
	s.Install("http://localhost:" + s.port)
	s.WaitReady()
	tab, closeTab := chromedp.NewContext(newBrowser(t))
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab, chromedp.Navigate("http://alice.localhost:"+s.port+"/pairs/")); err != nil {
		t.Fatal(err)
	}
	got := run(t, tab, chromedp.Evaluate[string](`[...document.querySelectorAll(".prose img")].map((image) => getComputedStyle(image).objectPosition).join(", ")`))
	if want := "50% 0%, 100% 100%, 0% 50%, 0% 0%, 50% 50%, 100% 50%"; got != want {
		t.Errorf("the pictures stand at %s, want %s", got, want)
	}
}
