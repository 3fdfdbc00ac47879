package editor_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// edit submits the form of the post /write/title/ with an action.
func edit(t *testing.T, p *blogtest.Platform, b *blogtest.Browser, content, action string) blogtest.Response {
	t.Helper()
	p.Advance(time.Minute)
	form := b.Open("/write/title/")
	return b.Submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "content", content, "action", action)...)
}

func readers(t *testing.T, p *blogtest.Platform, words string) {
	t.Helper()
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", "<p>"+words+"</p>")
}

// Save does not change what readers see of a published post. Update does.
func TestChangesOfAPublishedPost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	setZone(t, p, "Europe/Berlin")
	p.Save("alice", post.Document{Title: "Title", Content: "Public."})
	b := p.LogIn("alice", "alice.example.com")
	edit(t, p, b, "Unseen.", "save").WantSeeOther(t, "/write/title/?done=saved")
	readers(t, p, "Public.")
	form := b.Open("/write/title/?done=saved")
	form.Want(t, http.StatusOK, "alice", "Saved. Readers do not see the changes until you update the post.", "Changes of 13:01 are not public yet", "\nUnseen.</textarea>",
		"<p>Unseen.</p>", "Update…", `<a class="pending" href="/write/title/discard/">Discard changes</a>`)
	b.Open("/write/").Want(t, http.StatusOK, "alice", "Changes not public", "Publish changes")

	// What another action sends changes nothing either.
	for _, action := range []string{"", "other", "unshare", "share"} {
		edit(t, p, b, "Unseen, with "+action, action)
		readers(t, p, "Public.")
	}
	// A form that is refused, or shows a preview, says so, too.
	edit(t, p, b, "*Unseen*", "preview").Want(t, http.StatusOK, "alice", "are not public yet", `<a class="page" href="/title/">View</a>`, "<em>Unseen</em>", "Revoke link")
	edit(t, p, b, strings.Repeat("a", 1<<20+1), "save").Want(t, http.StatusUnprocessableEntity, "alice", "are not public yet", "Revoke link")
	edit(t, p, b, "Seen.", "publish").WantSeeOther(t, "/write/title/?done=updated")
	readers(t, p, "Seen.")
	b.Open("/write/title/?done=updated").Want(t, http.StatusOK, "alice", "Updated. Readers can see the changes now.", "Published on 10 January 2027", "discard/\" hidden>")

	// The script saves by itself.
	p.Advance(time.Minute)
	got := send(t, b, "/write/title/", append(version(b.Open("/write/title/")), "title", "Title", "content", "Later.", "autosave", "1", "action", "save")...)
	if got.Status != http.StatusOK || !got.Pending || !strings.HasSuffix(got.State, "are not public yet") || got.Draft {
		t.Errorf("the script receives %+v", got)
	}
	readers(t, p, "Seen.")
}

func TestDiscardChanges(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Public."})
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/write/title/discard/").WantSeeOther(t, "/write/title/")
	edit(t, p, b, "A mistake.", "save")
	asked := b.Open("/write/title/discard/")
	asked.Want(t, http.StatusOK, "alice", "Readers keep seeing “<bdi lang=\"\">Title</bdi>” as it is. Changes of 12:01 are not public yet")
	edit(t, p, b, "Not a mistake.", "save")
	changed := b.Submit("/write/title/discard/", version(asked)...)
	changed.Want(t, http.StatusConflict, "alice", "Nothing was discarded: look at it first.")
	p.Advance(time.Second)
	b.Submit("/write/title/discard/", version(changed)...).WantSeeOther(t, "/write/title/?done=discarded")
	b.Submit("/write/title/discard/", version(changed)...).WantSeeOther(t, "/write/title/") // a retry after a lost response
	b.Open("/write/title/?done=discarded").Want(t, http.StatusOK, "alice", "Discarded. The changes are kept among the versions of the post.", "\nPublic.</textarea>")
	if links := revisionLink.FindAllString(b.Open("/write/title/revisions/").Body, -1); len(links) != 2 {
		t.Errorf("the versions are %q", links)
	}
}

var shareLink = regexp.MustCompile(`id="editor.share" value="http://alice.example.com[:0-9]*(/preview/[^"]+)"`)

// A link shows what readers do not see, to those who have it, until it is revoked.
func TestShare(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	p.Save("alice", post.Document{Title: "Title", Content: "Secret words.", Draft: true})
	p.Save("bob", post.Document{Title: "Title", Content: "Other.", Draft: true})
	b := p.LogIn("alice", "alice.example.com")
	edit(t, p, b, "Newer words.", "share").WantSeeOther(t, "/write/title/?done=shared")
	link := func() string {
		t.Helper()
		form := b.Open("/write/title/?done=shared")
		found := shareLink.FindStringSubmatch(form.Body)
		if found == nil {
			t.Fatalf("there is no link: %s", form.Body)
		}
		return html.UnescapeString(found[1])
	}
	path := link()
	got := p.Get("alice.example.com", path)
	got.Want(t, http.StatusOK, "alice", "<p>Newer words.</p>", `<meta name="robots" content="noindex">`)
	for name, want := range map[string]string{"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive", "Etag": ""} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if strings.Contains(got.Body, `rel="canonical"`) {
		t.Error("the page has a canonical address")
	}
	p.Get("alice.example.com", "/title/").Want(t, http.StatusNotFound, "alice")
	p.Get("bob.example.com", path).Want(t, http.StatusNotFound, "bob")
	for _, other := range []string{"/preview/", "/preview/1/", "/preview/1-AAAAAAAAAAAAAAAAAAAAAAAAAA/", strings.ToLower(path), "/preview/%00/"} {
		p.Get("alice.example.com", other).Want(t, http.StatusNotFound, "alice")
	}
	// It stays the same, also when the post is published and changed, until it is revoked.
	edit(t, p, b, "Public words.", "publish")
	edit(t, p, b, "Pending words.", "share").WantSeeOther(t, "/write/title/?done=shared")
	if again := link(); again != path {
		t.Errorf("the link has become %s", again)
	}
	p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice", "<p>Pending words.</p>")
	edit(t, p, b, "Pending words.", "unshare").WantSeeOther(t, "/write/title/?done=unshared")
	p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice")
	edit(t, p, b, "Pending words.", "share")
	if again := link(); again == path {
		t.Error("a revoked link works again")
	}
	// A long post is shown as well.
	long := strings.Repeat("Words. ", 40_000)
	edit(t, p, b, long, "save")
	p.Get("alice.example.com", link()).Want(t, http.StatusOK, "alice", strings.TrimSpace(long))
	// A link is revoked even if the post cannot be saved.
	path = link()
	b.Submit("/write/title/", append(version(b.Open("/write/title/")), "title", strings.Repeat("a", 256), "action", "unshare")...).Want(t, http.StatusUnprocessableEntity, "alice")
	p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice")
}
