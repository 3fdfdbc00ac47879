package editor_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// A second click on a button gets the answer of the first, whether that has been given or not.
func TestSecondClick(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Draft", Slug: "draft", Draft: true})
	p.Save("alice", post.Document{Title: "Old", Slug: "old"})
	b := p.LogIn("alice", "alice.example.com")
	draft, deletion := version(b.Open("/write/draft/")), version(b.Open("/write/old/delete/"))
	for _, click := range []struct {
		path   string
		fields []string
		want   string
	}{
		{"/write/new/", []string{"title", "New", "content", "Text", "date", "", "draft", "1", "action", "save"}, "/write/new-post/?done=saved"},
		{"/write/draft/", append(draft, "title", "Renamed", "slug", "renamed", "date", "2027-01-10", "action", "publish"), "/write/renamed/?done=published"},
		{"/write/old/delete/", deletion, "/write/?done=trashed&posts=1"},
		{"/logout/", nil, "/"},
	} {
		// A browser's cookies are for one request at a time.
		var clicks sync.WaitGroup
		for range 4 {
			tab := p.Browser(b.Host)
			for name, value := range b.Cookies {
				tab.Cookies[name] = value
			}
			clicks.Go(func() {
				got := tab.Submit(click.path, click.fields...)
				if location := got.Header.Get("Location"); got.Status != http.StatusSeeOther || location != click.want {
					t.Errorf("%s: status %d to %q, want %q", click.path, got.Status, location, click.want)
				}
			})
		}
		clicks.Wait()
		b.Submit(click.path, click.fields...).WantSeeOther(t, click.want)
	}
}
