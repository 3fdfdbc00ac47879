// Package browser_test opens pages in a browser, and uses only the keyboard. axe-core, the engine of most accessibility
// checkers, must report nothing, and the browser's console must stay empty.
package browser_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// site is one replica of the blog with some tenants. Browsers resolve every name under localhost by themselves.
type site struct {
	*blogtest.Platform
	port string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Platform: blogtest.NewDatabase(t)}
	s.fill()
	s.Serve(blog.Options{})
	_, s.port, _ = strings.Cut(s.Address, ":")
	s.Install("http://localhost:" + s.port)
	s.WaitReady()
	return s
}

// fill creates a blog with many posts, one without any, one that is suspended and one that fails.
func (s *site) fill() {
	s.T.Helper()
	year := blogtest.Start.AddDate(1, 0, 0)
	s.create("alice", "Alice’s adventures in blogging", year)
	s.create("empty", "A blank page", year)
	s.create("bob", "Bob builds", blogtest.Start.AddDate(0, 0, -1))
	s.create("carol", "Carol’s corner", year)
	s.Exec(`DROP TABLE carol.posts CASCADE`)

	file, err := os.ReadFile("testdata/rich.md")
	if err != nil {
		s.T.Fatal(err)
	}
	document, err := transfer.Parse(file)
	if err != nil {
		s.T.Fatal(err)
	}
	document.Slug, document.Date = "rich", blogtest.Start.AddDate(0, -1, 0)
	s.Save("alice", document)
	for i := range 23 {
		s.Save("alice", post.Document{
			Title: titles[i%len(titles)], Slug: fmt.Sprintf("post-%d", i), Author: []string{"Alice Liddell", ""}[i%2],
			Content: strings.Repeat("The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down. ", i%5),
			Date:    blogtest.Start.AddDate(0, -2, -3*i),
		})
	}
}

var titles = []string{
	"On the virtue of short titles", "Tea",
	"Why is a raven like a writing desk, and other questions to which nobody has found an answer in a hundred and fifty years",
	"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "Ten thousand tenants, one query",
}

func (s *site) create(name, title string, suspendAt time.Time) {
	s.T.Helper()
	spec := blogtest.Spec(name)
	spec.DisplayName, spec.PrimaryHost, spec.PaidUntil, spec.SuspendAt = title, name+".localhost", suspendAt, suspendAt
	s.Create(spec)
}
