package editor_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

var articleMarkup = regexp.MustCompile(`(?s)<article class="post h-entry".*?</article>`)

// facts are for programs that read a page, and not for its author.
var facts = regexp.MustCompile(`<data class="[^"]*" value="[^"]*"></data>\n`)

// The preview is what the page for readers has, under a heading of the editor.
func TestPreviewIsThePageForReaders(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	fields := []string{
		"title", "Письмо & <b>", "content", "Одни *мы*.", "tags", "Letters, море", "author", "Ann", "date", "2026-01-02T03:04", "cover", "/media/a.jpg", "cover_alt", "A <pier>",
		"link", "https://example.org/lamp", "slug", "letter", "draft", "1", "action",
	}
	preview := articleMarkup.FindString(b.Submit("/write/new/", append(fields, "preview")...).Body)
	b.Submit("/write/new/", append(fields, "publish")...).WantSeeOther(t, "/write/letter/?done=published")
	page := articleMarkup.FindString(p.Get("alice.example.com", "/letter/").Body)
	if want := strings.NewReplacer("<h1>", "<h2>", "</h1>", "</h2>").Replace(facts.ReplaceAllString(page, "")); preview != want || !strings.Contains(preview, `lang="ru"`) {
		t.Errorf("the preview is\n%s\nand the page\n%s", preview, page)
	}

	// A link post is also one whose text starts with a link.
	fields = []string{"title", "Lamp", "content", "[A lamp](https://example.org/lamp) that turns.", "date", "2026-01-02T03:04", "draft", "1", "details", "1", "action"}
	preview = articleMarkup.FindString(b.Submit("/write/new/", append(fields, "preview")...).Body)
	b.Submit("/write/new/", append(fields, "publish")...).WantSeeOther(t, "/write/lamp/?done=published")
	if page := p.Get("alice.example.com", "/lamp/").Body; !strings.Contains(page, `<h1><a href="https://example.org/lamp">Lamp</a></h1>`) ||
		!strings.Contains(preview, `<h2><a href="https://example.org/lamp">Lamp</a></h2>`) {
		t.Errorf("the preview of a link post is\n%s\nand the page\n%s", preview, page)
	}

	// What cannot be saved is not shown.
	refused := articleMarkup.FindString(b.Submit("/write/new/", "title", "a", "content", "b", "link", "javascript:alert(1)", "cover", "data:image/png;base64,x", "draft", "1", "action", "preview").Body)
	if !strings.Contains(refused, "<h2>a</h2>") || strings.Contains(refused, "javascript") || strings.Contains(refused, "data:") {
		t.Errorf("the preview of what cannot be saved is %s", refused)
	}
	b.Submit("/write/new/", "content", "نص", "draft", "1", "action", "preview").Want(t, http.StatusOK, "alice", `<article class="post h-entry" dir="rtl" lang="ar">`, "<h2></h2>")
}
