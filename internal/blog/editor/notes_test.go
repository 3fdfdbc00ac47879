package editor_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// What readers do not see as it was written is named under the text with its line, also right after the post was published. What
// is missing is a warning, which stops nothing.
func TestNotesUnderTheText(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	picture := uploadFile(t, b, "harbour.jpg", photo, http.StatusCreated)
	missing := "/media/" + strings.Repeat("a", 26) + ".jpg"
	text := "![Boats](" + picture.Address + ")\n\n![](http://example.org/a.jpg)\n\n![Gone](" + missing + ")\n\nTK"
	fields := []string{"title", "Photos", "content", text, "draft", "1", "action"}
	notes := []string{
		"Line 3: The image http://example.org/a.jpg is loaded over https, because browsers block the unencrypted one. Check that readers see it.",
		"Line 5: There is no upload " + missing + ". Upload the file again, or remove its address.",
	}
	warnings := []string{"Line 3: The picture http://example.org/a.jpg has no description.", "Line 7: “TK” says that something is still to come."}

	preview := b.Submit("/write/new/", append(fields, "preview")...)
	preview.Want(t, http.StatusOK, "alice", append(append([]string{`width="1200" height="800" srcset="`}, notes...), warnings...)...)
	b.Submit("/write/new/", append(fields, "publish")...).WantSeeOther(t, "/write/photos/?done=published")
	published := b.Open("/write/photos/?done=published")
	published.Want(t, http.StatusOK, "alice", append(notes, "Published. Readers can see it now.", `<a href="/photos/">View post</a>`,
		`data-link="http://alice.example.com:8000/photos/" hidden>Copy link</button>`, `name="action" value="unpublish">Unpublish</button>`)...)
	opened := b.Open("/write/photos/")
	opened.Want(t, http.StatusOK, "alice", append(notes, warnings[1])...)
	if !strings.Contains(opened.Body, `aria-label="Preview" tabindex="0" hidden>`) {
		t.Error("the preview is open before its author asks for it")
	}
	got := send(t, b, "/write/photos/", append(version(published), append(fields, "save")...)...)
	if got.Status != http.StatusOK || len(got.Notes) != 2 || len(got.Warnings) != 2 || got.Link != "http://alice.example.com:8000/photos/" {
		t.Errorf("the script receives %+v", got)
	}
}

// What readers do not see of the texts in the settings is named, too.
func TestNotesInSettings(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	b.Submit("/write/settings/", append(version(b.Open("/write/settings/")), "about", "Ann\n\n<iframe>", "footer", "<!-- a -->")...).
		WantSeeOther(t, "/write/settings/?done=saved")
	for _, path := range []string{"/write/settings/", "/write/settings/?done=saved"} {
		b.Open(path).Want(t, http.StatusOK, "alice", "Line 3: &lt;iframe&gt; is removed, because a post cannot have it.", "Line 1: The comment “a” is removed: readers do not receive it.")
	}
}

// A title in any script gives an address of its letters.
func TestAddressOfAnArabicTitle(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	slug := url.PathEscape("المنارة-والسجل")
	b.Submit("/write/new/", "title", "المنارة والسجل", "content", "نص", "draft", "1", "action", "publish").WantSeeOther(t, "/write/"+slug+"/?done=published")
	p.Get("alice.example.com", "/"+slug+"/").Want(t, http.StatusOK, "alice", "<h1>المنارة والسجل</h1>", `dir="rtl"`)
	got := send(t, b, "/write/new/", "title", "Письмо", "content", "Текст", "draft", "1", "action", "save")
	if got.Slug != "письмо" || got.Link != "http://alice.example.com:8000/"+url.PathEscape("письмо")+"/" {
		t.Errorf("the script receives %+v", got)
	}
}
