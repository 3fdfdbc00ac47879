package browser_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Every theme shows lists, posts and pages without a post on every screen, in light and in dark.
func TestThemesInABrowser(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run hack/browser.sh", err)
	}
	s := &site{Platform: blogtest.NewDatabase(t)}
	for _, chosen := range theme.All() {
		s.fillTheme(chosen.Name)
	}
	s.Serve(blog.Options{})
	_, s.port, _ = strings.Cut(s.Address, ":")
	s.Install("http://localhost:" + s.port)
	s.WaitReady()
	browser := newBrowser(t)
	for _, chosen := range theme.All() {
		host := chosen.Name + ".localhost"
		for name, page := range map[string]struct {
			path   string
			status int
		}{"index": {"/", http.StatusOK}, "post": {"/rich/", http.StatusOK}, "arabic": {"/lamp/", http.StatusOK}, "none": {"/none/", http.StatusNotFound}} {
			s.WaitFor(host, page.path, page.status)
			t.Run(chosen.Name+"-"+name, func(t *testing.T) {
				t.Parallel()
				look(t, browser, chosen.Name+"-"+name, "http://"+host+":"+s.port+page.path, string(axe))
			})
		}
	}
}

// fillTheme creates a blog in a theme, with posts of all kinds.
func (s *site) fillTheme(name string) {
	s.T.Helper()
	s.create(name, "A blog with a name that wraps on the screen of a phone", blogtest.Start.AddDate(1, 0, 0))
	_, err := settings.NewStore(name).Save(s.T.Context(), s.Writer, settings.SaveRequest{Now: blogtest.Start, Settings: settings.Settings{
		Theme: name, Accent: "olive", Tagline: "Notes from a lamp room", Author: "Dora", About: "I keep a lamp.", PostsPerPage: 20,
		Navigation: []settings.NavigationLink{{Label: "Essays", Address: "/rich/"}, {Label: "日本語", Address: "/lamp/"}},
	}})
	if err != nil {
		s.T.Fatal(err)
	}
	file, err := os.ReadFile("testdata/rich.md")
	if err != nil {
		s.T.Fatal(err)
	}
	rich, err := transfer.Parse(file)
	if err != nil {
		s.T.Fatal(err)
	}
	rich.Slug, rich.Cover, rich.Excerpt, rich.Tags = "rich", shownPicture, "All that a post can hold.", []string{"Letters", "أدب"}
	posts := []post.Document{
		rich, {Title: "رسالة من الميناء القديم", Slug: "lamp", Content: "## البحر\n\nكل صباح أمشي إلى الميناء القديم.\n\n> من يقرأ ببطء."},
		{Slug: "note", Content: "A *note*, with a picture.\n\n![A lamp](" + shownPicture + ")"}, {Slug: "link", Content: "[A lamp](https://www.example.org/lamp)\n\nIt turns."},
	}
	for _, title := range titles {
		posts = append(posts, post.Document{Title: title, Content: "Text.", Cover: shownPicture})
	}
	for i, d := range posts {
		d.Date = blogtest.Start.AddDate(0, -i, 0)
		s.Save(name, d)
	}
}

// shownPicture is the address of a picture that every blog has.
const shownPicture = "/assets/icon.0.svg"
