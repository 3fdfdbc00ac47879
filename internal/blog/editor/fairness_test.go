package editor_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// form is the head of a form of the same origin whose body has a size.
func form(size int) http.Header {
	return http.Header{
		"Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/x-www-form-urlencoded"}, "Content-Length": {fmt.Sprint(size)},
	}
}

func TestFormsOfStrangersDoNotBlockOwners(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	alice, stranger := p.LogIn("alice", "alice.example.com"), p.Browser("alice.example.com")
	large := strings.Repeat("a", 200_000)
	p.Wait("too many forms of strangers wait for their bodies", func() error {
		stranger.Stall(http.MethodPost, "/write/new/", form(250_000))
		if got := stranger.Submit("/write/new/", "title", "Title", "content", large); got.Status != http.StatusTooManyRequests {
			return fmt.Errorf("a form answers %d", got.Status)
		}
		return nil
	})
	alice.Submit("/write/new/", "title", "Title", "content", large).WantSeeOther(t, "/write/title/?done=saved")
}

func TestOwnersDoNotBlockOneAnother(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	alice, bob := p.LogIn("alice", "alice.example.com"), p.LogIn("bob", "bob.example.com")
	large := strings.Repeat("%", 1_000_000) // as form data three times as large
	p.Wait("too many forms of bob wait for their bodies", func() error {
		bob.Stall(http.MethodPost, "/write/new/", form(3_000_000))
		if got := bob.Submit("/write/new/", "title", "Title", "content", large, "action", "preview"); got.Status != http.StatusTooManyRequests {
			return fmt.Errorf("a form answers %d", got.Status)
		}
		return nil
	})
	alice.Submit("/write/new/", "title", "Title", "content", large).WantSeeOther(t, "/write/title/?done=saved")
}

func TestSlowExportsDoNotBlockOthers(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	alice, bob := p.LogIn("alice", "alice.example.com"), p.LogIn("bob", "bob.example.com")
	random := make([]byte, 1_000_000) // does not become smaller in an archive
	for i := range random {
		random[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rand.IntN(36)]
	}
	p.Save("bob", post.Document{Title: "Large", Content: string(random)})
	p.Save("alice", post.Document{Title: "Hello", Content: "Text"})
	for range 8 {
		bob.Stall(http.MethodGet, "/write/export.zip", nil)
	}
	p.Wait("too many exports of bob wait", func() error {
		if got := bob.Open("/write/export.zip"); got.Status != http.StatusTooManyRequests {
			return fmt.Errorf("an export answers %d", got.Status)
		}
		return nil
	})
	if files := archive(t, alice.Open("/write/export.zip")); len(files) != 1 {
		t.Errorf("the export has %d files, want 1", len(files))
	}
}

func TestPreviewIsBounded(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	table := strings.Repeat("a|", 1000) + "\n" + strings.Repeat("-|", 1000) + strings.Repeat("\na", 1000)
	for content, want := range map[string]string{
		table:                          "The content has too much markup, such as very large tables or lists. Split it into two posts.",
		strings.Repeat(`"`, 1_000_000): "The content becomes more than 4 MB of HTML. Split it into two posts.",
	} {
		for _, action := range []string{"preview", "publish"} {
			refused := b.Submit("/write/new/", "title", "Title", "content", content, "action", action)
			refused.Want(t, http.StatusUnprocessableEntity, "alice", want)
		}
	}
}
