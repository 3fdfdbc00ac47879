package editor_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// scripted is what the script of the form reads of an answer.
type scripted struct {
	Status                     int `json:"-"`
	ID, Revision               int64
	Address, Slug, State, Page string
	Link                       string
	Draft, LoggedOut, Pending  bool
	Errors                     map[string]string
	Preview, Language          string
	Previewed                  bool
	Notes, Warnings            []struct{ Sentence string }
	Conflict                   *struct{ HTML string }
}

// send sends the form as its script does.
func send(t *testing.T, b *blogtest.Browser, path string, fields ...string) scripted {
	t.Helper()
	got := b.Send(http.MethodPost, path, strings.NewReader(blogtest.Encode(fields)),
		http.Header{"Sec-Fetch-Site": {"same-origin"}, "Accept": {"application/json"}})
	a := scripted{Status: got.Status}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") || got.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s: status %d, %s:\n%s", path, got.Status, kind, got.Body)
	}
	if err := json.Unmarshal([]byte(got.Body), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// of returns the hidden fields of the version that an answer is about.
func (a scripted) of(fields ...string) []string {
	return append([]string{"id", strconv.FormatInt(a.ID, 10), "revision", strconv.FormatInt(a.Revision, 10)}, fields...)
}

// The script saves with the rules of the form, and learns which version it has to send next.
func TestScript(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")

	first := send(t, b, "/write/new/", "title", "A th", "content", "<b>One</b> <iframe>", "draft", "1", "action", "save")
	if first.Status != http.StatusOK || first.ID == 0 || first.Address != "/write/a-th/" || first.State != "Draft" || !first.Draft || len(first.Notes) != 1 {
		t.Fatalf("a new draft: %+v", first)
	}
	p.Advance(time.Minute)
	// The address follows the title of a draft.
	second := send(t, b, first.Address, first.of("title", "A thought", "slug", "", "content", "Two", "draft", "1", "action", "save")...)
	if second.Status != http.StatusOK || second.ID != first.ID || second.Slug != "a-thought" || second.Address != "/write/a-thought/" {
		t.Fatalf("the same draft: %+v", second)
	}
	p.Get("alice.example.com", "/a-thought/").Want(t, http.StatusNotFound, "alice")
	if preview := send(t, b, second.Address, second.of("title", "A thought", "content", "*Three*", "draft", "1", "action", "preview")...); !strings.Contains(preview.Preview, "<p><em>Three</em></p>\n") {
		t.Errorf("the preview: %+v", preview)
	}
	if greek := send(t, b, second.Address, second.of("title", "Σκέψη", "content", "Τρία", "draft", "1", "action", "preview")...); greek.Language != "el" {
		t.Errorf("the language is %q", greek.Language)
	}
	if refused := send(t, b, second.Address, second.of("title", "", "content", " ", "draft", "1", "action", "publish")...); refused.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(refused.Errors["content"], "This post is empty.") {
		t.Errorf("an empty post: %+v", refused)
	}
	conflict := send(t, b, first.Address, first.of("title", "A thought", "content", "Another window", "draft", "1", "action", "save")...)
	if conflict.Status != http.StatusConflict || conflict.Conflict == nil || !strings.Contains(conflict.Conflict.HTML, "</span>Two</del>") || conflict.Revision != first.Revision {
		t.Errorf("from an older version: %+v", conflict)
	}
	published := send(t, b, second.Address, second.of("title", "A thought", "content", "Two", "draft", "1", "action", "publish")...)
	if published.Status != http.StatusOK || published.Page != "/a-thought/" || published.Draft {
		t.Errorf("published: %+v", published)
	}
	if again := send(t, b, "/write/new/", "title", "A thought", "content", "Else", "draft", "1", "action", "save"); again.Slug != "a-thought-2" {
		t.Errorf("the same title again: %+v", again)
	}
	delete(b.Cookies, "session")
	if out := send(t, b, second.Address, published.of("title", "A thought", "content", "Late", "action", "save")...); out.Status != http.StatusForbidden || !out.LoggedOut {
		t.Errorf("logged out: %+v", out)
	}
	p.Get("alice.example.com", "/a-thought/").Want(t, http.StatusOK, "alice", "Two")
}

// The address of a draft follows its title until the author writes one.
func TestFormSaysWhetherTheAddressFollowsTheTitle(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	for _, document := range []post.Document{
		{Title: "Follows", Draft: true}, {Title: "Has another", Slug: "one", Draft: true}, {Title: "Is public"},
	} {
		p.Save("alice", document)
	}
	b := p.LogIn("alice", "alice.example.com")
	for path, want := range map[string]bool{"/write/follows/": true, "/write/one/": false, "/write/is-public/": false} {
		if page := b.Open(path); strings.Contains(page.Body, " data-slugless") != want {
			t.Errorf("%s: data-slugless, want %t", path, want)
		}
	}
}
