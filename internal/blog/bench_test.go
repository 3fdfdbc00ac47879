package blog_test

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// BenchmarkIndex compares the first page of a blog with ten posts to a minimal handler, which runs the same statement for a
// tenant that it does not have to look up, and writes the titles. Neither uses a network, which would hide the difference.
func BenchmarkIndex(b *testing.B) {
	p := blogtest.NewDatabase(b)
	p.Serve(blog.Options{DatabaseURI: p.Database.BlogURI})
	p.WaitReady()
	p.Create(blogtest.Spec("alice"))
	for i := range 12 {
		p.Save("alice", post.Document{
			Title: fmt.Sprintf("Post %02d, and a title of some words", i), Author: "Alice",
			Content: strings.Repeat("The rabbit-hole went straight on like a tunnel for some way. ", 10),
			Date:    blogtest.Start.Add(time.Duration(i-30) * time.Hour),
		})
	}
	store := post.NewStore("alice")
	bare := func(w http.ResponseWriter, r *http.Request) {
		entries, err := store.List(r.Context(), p.Writer, blogtest.Start, 11, 0)
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		for _, e := range entries {
			fmt.Fprintf(w, "<h2><a href=\"/%s/\">%s</a></h2><p>%s</p>", e.Slug, html.EscapeString(e.Title), html.EscapeString(e.Summary))
		}
	}
	b.Run("bare", func(b *testing.B) { serveMany(b, http.HandlerFunc(bare)) })
	b.Run("blog", func(b *testing.B) { serveMany(b, p.Blog.Handler()) })
}

func serveMany(b *testing.B, handler http.Handler) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(loop *testing.PB) {
		w := &discard{header: http.Header{}}
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Host = "alice.example.com:8000"
		for loop.Next() {
			clear(w.header)
			w.status = http.StatusOK
			handler.ServeHTTP(w, r)
			if w.status != http.StatusOK {
				b.Errorf("status %d", w.status)
				return
			}
		}
	})
}

// discard is a response that is thrown away.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
