package blog_test

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// While exports and saves hold all connections of the editor, readers get their pages, and owners get 503.
func TestReadersDoNotWaitForOwners(t *testing.T) {
	t.Parallel()
	const editorConns = 2
	p := blogtest.NewDatabase(t)
	p.Serve(blog.Options{EditorConns: editorConns, ReaderConns: 1})
	p.WaitReady()
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Hello", Content: "Text"})
	names := []string{"bob", "carol"} // one blog uses one of two connections
	var browsers []*blogtest.Browser
	for _, name := range names {
		p.Create(blogtest.Owned(name))
		loggedIn := p.LogIn(name, name+".example.com")
		for range 2 {
			browser := p.Browser(name + ".example.com")
			browser.Cookies = maps.Clone(loggedIn.Cookies)
			browsers = append(browsers, browser)
		}
	}

	tx, err := p.Operator.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE bob.posts, carol.posts IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	var (
		owners   sync.WaitGroup
		released atomic.Bool
	)
	for _, browser := range browsers {
		owners.Go(func() {
			for !released.Load() {
				export := browser.Open("/write/export.zip")
				save := browser.Submit("/write/new/", "title", "Title", "content", "Text")
				for name, got := range map[string]blogtest.Response{"export": export, "save": save} {
					if got.Status < http.StatusBadRequest && !released.Load() {
						t.Errorf("an %s of a locked table answers %d", name, got.Status)
						return
					}
				}
			}
		})
	}
	defer func() {
		released.Store(true)
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		owners.Wait()
	}()

	busy := func() error {
		metrics := p.Metrics()
		if inUse := metrics[`echoblogs_database_pool_in_use_connections{pool="editor"}`]; inUse != editorConns {
			return fmt.Errorf("%v connections of the editor are in use", inUse)
		}
		return nil
	}
	const acquisitions = `echoblogs_database_pool_acquisitions_total{pool="reader"}`
	before := p.Metrics()[acquisitions]
	for i := range 5 {
		p.Wait("all connections of the editor are in use", busy)
		for _, path := range []string{"/", "/hello/", "/feed.xml"} {
			path = fmt.Sprintf("%s?q=%d", path, i) // which is not in memory
			p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice", "Hello")
		}
	}
	if used := p.Metrics()[acquisitions] - before; used != 15 {
		t.Errorf("15 pages for readers used %v connections of the reader", used)
	}
}
