package reader_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// After a post are the older and the newer one, of those that readers see.
func TestOlderAndNewer(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p.Create(blogtest.Spec(name))
	}
	day := func(n int) time.Time { return blogtest.Start.AddDate(0, 0, n) }
	p.Save("alice", post.Document{Title: "One & <b>", Slug: "one", Content: "Text", Date: day(-6), Pinned: true})
	p.Save("alice", post.Document{Title: "שתיים", Slug: "two", Content: "טקסט", Date: day(-4)})
	p.Save("alice", post.Document{Slug: "three", Content: "![](/media/a.jpg)", Date: day(-2)})
	p.Save("alice", post.Document{Title: "A page", Content: "Text", Page: true, Date: day(-3)})
	p.Save("alice", post.Document{Title: "Unlisted", Content: "Text", Unlisted: true, Date: day(-3)})
	p.Save("bob", post.Document{Title: "Secret of Bob", Content: "Text", Date: day(-5)})
	saveSecrets(p, "alice", "a", "Text")

	const (
		one   = `<a rel="prev" href="/one/"><bdi lang="">One &amp; &lt;b&gt;</bdi></a></p>`
		two   = `href="/two/"><bdi lang="he">שתיים</bdi></a></p>`
		three = `<p>Newer: <a rel="next" href="/three/"><bdi lang="">8 January 2027</bdi></a></p>`
	)
	for path, want := range map[string]string{
		"/one/":   "<nav class=\"pair\" aria-label=\"Older and newer posts\">\n<p>Newer: <a rel=\"next\" " + two + "\n</nav>",
		"/two/":   "<nav class=\"pair\" aria-label=\"Older and newer posts\">\n<p>Older: " + one + "\n" + three + "\n</nav>",
		"/three/": "<nav class=\"pair\" aria-label=\"Older and newer posts\">\n<p>Older: <a rel=\"prev\" " + two + "\n</nav>",
	} {
		p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice", want)
		wantNone(p, "alice.example.com", path, "Secret")
	}
	for _, path := range []string{"/a-page/", "/unlisted/"} {
		p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice", `<a href="/">All posts</a>`)
		wantNone(p, "alice.example.com", path, "Newer:", "Older:")
	}
	wantNone(p, "bob.example.com", "/secret-of-bob/", "Newer:", "Older:")
	p.Clock.Advance(time.Hour)
	p.WaitText("alice.example.com", "/three/", []string{`<p>Newer: <a rel="next" href="/secret-scheduled/">`}, nil)
}

func TestReplyByEmail(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: `Salt & "pepper" + 100 %`, Slug: "salt", Content: "Text"})
	p.Get("alice.example.com", "/salt/").Want(t, http.StatusOK, "alice", `<a href="/feed/">Subscribe</a>`)
	wantNone(p, "alice.example.com", "/salt/", "mailto:", "Reply")
	saveSettings(p, "alice", settings.Settings{ReplyTo: "ann+blog@example.org"})
	p.Get("alice.example.com", "/salt/").Want(t, http.StatusOK, "alice",
		`<a href="mailto:ann+blog@example.org?subject=Re%3A%20Salt%20%26%20%22pepper%22%20%2B%20100%20%25">Reply by email</a>`)
	for _, path := range []string{"/", "/feed.xml", "/archive/"} {
		wantNone(p, "alice.example.com", path, "mailto:", "ann+blog")
	}
}
