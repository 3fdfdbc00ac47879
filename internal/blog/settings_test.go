package blog_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// A blog works in a database that has other formats for dates than ours.
func TestDatabaseWithOtherFormats(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	administrator := p.Connect(p.Database.AdminURI)
	for _, setting := range []string{"datestyle = 'German'", "timezone = 'Asia/Tokyo'", "standard_conforming_strings = off"} {
		_, err := administrator.Exec(t.Context(), `DO $do$ BEGIN EXECUTE format($f$ALTER DATABASE %I SET `+setting+`$f$, current_database()); END $do$`)
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: `A back\slash`})
	bouncer := postgrestest.NewBouncer(t, p.Database)
	for _, o := range []blog.Options{
		{DatabaseURI: p.Database.BlogURI},
		{DatabaseURI: bouncer.URI(p.Database.BlogURI), ListenURI: p.Database.BlogURI},
	} {
		p.Serve(o)
		p.WaitReady()
		for _, path := range []string{"/", "/title/", "/feed.xml"} {
			p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice")
		}
		p.LogIn("alice", "alice.example.com").Open("/write/").Want(t, http.StatusOK, "alice", "Title")
	}
}

// An answer that cannot be read would not be different in a moment: it is no outage.
func TestUnreadableAnswer(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	p.Exec(`ALTER TABLE alice.posts ALTER COLUMN updated_at TYPE text USING 'of late'`)
	got := p.Get("alice.example.com", "/feed.xml")
	got.Want(t, http.StatusInternalServerError, "alice", "Something went wrong", "The server failed to show this page. The error has been logged. No posts are lost.")
	if got.Header.Get("Retry-After") != "" {
		t.Error("the page asks to retry")
	}
}
