package editor_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// The fields for the title and the text are in the language of the post: the one that its author says, that of its script, or that of
// the blog.
func TestLanguageInTheEditor(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	want := func(address, language string) {
		t.Helper()
		b.Open(address).Want(t, http.StatusOK, "alice", `placeholder="Title" dir="auto" lang="`+language+`"`, `spellcheck="true" dir="auto" lang="`+language+`"`)
	}
	want("/write/new/", "")
	for slug, fields := range map[string][]string{
		"russian": {"title", "Письмо", "content", "Мы тут"}, "cyrillic": {"title", "Писмо", "content", "Текст"},
		"latin": {"title", "Letter", "content", "Text"}, "said": {"title", "Brev", "content", "Tekst", "language", "da"},
	} {
		b.Submit("/write/new/", append(fields, "slug", slug, "draft", "1", "action", "save")...).WantSeeOther(t, "/write/"+slug+"/?done=saved")
	}
	want("/write/russian/", "ru")
	want("/write/cyrillic/", "und-Cyrl")
	want("/write/said/", "da")
	want("/write/latin/", "")
	b.Submit("/write/settings/", append(version(b.Open("/write/settings/")), "language", "fr")...).WantSeeOther(t, "/write/settings/?done=saved")
	want("/write/latin/", "fr")
	want("/write/new/", "fr")
	want("/write/russian/", "ru")
	want("/write/cyrillic/", "und-Cyrl")
	b.Submit("/write/settings/", append(version(b.Open("/write/settings/")), "language", "bg")...).WantSeeOther(t, "/write/settings/?done=saved")
	want("/write/cyrillic/", "bg")
	want("/write/latin/", "")
}
