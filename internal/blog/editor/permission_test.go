package editor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestOnlyTheOwnerWrites(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text", Draft: true})
	alice := p.LogIn("alice", "alice.example.com")
	form := alice.Open("/write/title/")

	for name, b := range map[string]*blogtest.Browser{"nobody": p.Browser("alice.example.com"), "bob": p.Browser("alice.example.com")} {
		if name == "bob" {
			b.Cookies["session"] = p.LogIn("bob", "bob.example.com").Cookies["session"]
		}
		for _, path := range []string{"/write/", "/write/new/", "/write/title/", "/write/title/delete/", "/write/export.zip", "/write/?show=trash",
			"/write/title/revisions/", "/write/title/discard/", "/write/settings/"} {
			if got := b.Open(path); got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/login/?next=%2Fwrite%2F") {
				t.Errorf("%s opens %s: %d", name, path, got.Status)
			}
		}
		b.Submit("/write/new/", "title", "Mine", "content", "My words").Want(t, http.StatusForbidden, "alice", "You have been logged out, and nothing was saved.", "My words")
		b.Submit("/write/title/", append(version(form), "title", "Mine", "content", "My words")...).Want(t, http.StatusForbidden, "alice", "You have been logged out, and nothing was saved.", "My words")
		for _, path := range []string{"/write/title/delete/", "/write/title/discard/", "/write/title/revisions/", "/write/settings/", "/write/"} {
			b.Submit(path, version(form)...).Want(t, http.StatusForbidden, "alice", "Nothing was changed.")
		}
		b.Submit("/write/new/", "title", "Mine", "content", strings.Repeat("a", 4<<20)).Want(t, http.StatusRequestEntityTooLarge, "alice")
	}
	for _, header := range map[string]http.Header{
		"a sibling":  {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://bob.example.com"}},
		"an old one": {"Origin": {"http://bob.example.com"}},
		"another":    {"Sec-Fetch-Site": {"cross-site"}},
	} {
		fields := blogtest.Encode([]string{"title", "Mine", "content", "My words"})
		alice.Send(http.MethodPost, "/write/new/", strings.NewReader(fields), header).Want(t, http.StatusForbidden, "alice", "This form came from another site")
		alice.Send(http.MethodPost, "/logout/", nil, header).Want(t, http.StatusForbidden, "alice")
	}
	alice.Submit("/", "title", "Mine").Want(t, http.StatusMethodNotAllowed, "alice")
	alice.Submit("/title/", "title", "Mine").Want(t, http.StatusMethodNotAllowed, "alice")
	alice.Open("/write/").Want(t, http.StatusOK, "alice", "Title")

	// A change of owner takes effect at once, before the directory has it.
	s := blogtest.Owned("alice")
	s.Owner = "carol"
	p.Update(s, blogtest.Start)
	alice.Open("/write/").WantSeeOther(t, "/login/?next=%2Fwrite%2F")
	alice.Submit("/write/title/", append(version(form), "title", "Mine", "content", "My words")...).Want(t, http.StatusForbidden, "alice")
	entries, err := post.NewStore("alice").ListFiltered(t.Context(), p.Writer, blogtest.Start, post.Filter{}, 10, 0)
	if err != nil || len(entries) != 1 || entries[0].Title != "Title" {
		t.Errorf("posts: %+v, %v", entries, err)
	}
}

func TestGraceAndSuspension(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		paidUntil, suspendAt time.Time
		readers              int
		sentence             string
	}{
		"grace":     {blogtest.Start.AddDate(0, 0, -2).Truncate(24 * time.Hour), blogtest.Start.AddDate(0, 0, 12), http.StatusOK, "Your plan ended on 8 January 2027, so you cannot change this blog. Readers can see it until 22 January 2027."},
		"suspended": {blogtest.Start.AddDate(0, 0, -20).Truncate(24 * time.Hour), blogtest.Start.AddDate(0, 0, -5), http.StatusPaymentRequired, "This blog is suspended: readers cannot see it, and you cannot change it."},
		"manually":  {blogtest.Start.AddDate(1, 0, 0).Truncate(24 * time.Hour), time.Time{}, http.StatusPaymentRequired, "This blog is suspended: readers cannot see it, and you cannot change it."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := blogtest.New(t)
			s := blogtest.Owned("alice")
			p.Create(s)
			p.Save("alice", post.Document{Title: "Title", Content: "Text"})
			b := p.LogIn("alice", "alice.example.com")
			form := b.Open("/write/title/")
			s.PaidUntil, s.SuspendAt = test.paidUntil, test.suspendAt
			p.Update(s, blogtest.Start)
			// The owner cannot write from now on, even before the directory has the change.
			b.Submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "content", "New words", "action", "save")...).
				Want(t, http.StatusForbidden, "alice", test.sentence, "New words")
			p.Wait("the blog has the change", func() error {
				if got := b.Open("/write/"); got.Status != http.StatusOK || !strings.Contains(got.Body, test.sentence) {
					return fmt.Errorf("the page is %s", got.Body)
				}
				return nil
			})
			p.Get("alice.example.com", "/title/").Want(t, test.readers, "alice")
			b.Submit("/write/new/", "title", "New", "content", "New words", "action", "publish").Want(t, http.StatusForbidden, "alice", test.sentence, "New words")
			b.Submit("/write/title/delete/", version(form)...).Want(t, http.StatusForbidden, "alice", test.sentence)
			if page := b.Open("/write/title/"); page.Status != http.StatusOK || strings.Contains(page.Body, "<button") || !strings.Contains(page.Body, "\nText</textarea>") {
				t.Errorf("status %d:\n%s", page.Status, page.Body)
			}
			if files := archive(t, b.Open("/write/export.zip")); len(files) != 1 {
				t.Errorf("the export has %v", files)
			}
			// The owner can still log in.
			p.LogIn("alice", "alice.example.com").Open("/write/").Want(t, http.StatusOK, "alice", test.sentence)
		})
	}
}
