package editor_test

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// setZone sets the time zone of alice's blog.
func setZone(t *testing.T, p *blogtest.Platform, zone string) {
	t.Helper()
	r := settings.SaveRequest{Settings: settings.Settings{TimeZone: zone}, Now: blogtest.Start}
	if _, err := settings.NewStore("alice").Save(t.Context(), p.Writer, r); err != nil {
		t.Fatal(err)
	}
}

// details are fields of the form with every field of a post that is not its title or its text.
var details = []string{
	"details", "1", "slug", "the-sea", "tags", "Letters, #north , letters", "date", "2027-01-10T08:30", "excerpt", "Short.", "description", "For others.",
	"cover", "/media/a.jpg", "cover_alt", "A pier", "author", "Ann", "language", "de", "link", "https://example.org/a", "canonical_url", "https://example.org/b",
	"unlisted", "1", "page", "1", "position", "7",
}

func TestDetails(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	setZone(t, p, "Europe/Berlin")
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/write/new/").Want(t, http.StatusOK, "alice", "Date and time (Berlin)")
	b.Submit("/write/new/", append([]string{"title", "Sea", "content", "Text", "draft", "1", "action", "publish"}, details...)...).WantSeeOther(t, "/write/the-sea/?done=published")
	want := post.Document{
		Title: "Sea", Slug: "the-sea", Content: "Text", Author: "Ann", Date: time.Date(2027, 1, 10, 7, 30, 0, 0, time.UTC), Unlisted: true, Tags: []string{"Letters", "north"},
		Excerpt: "Short.", Description: "For others.", CanonicalURL: "https://example.org/b", Cover: "/media/a.jpg", CoverAlt: "A pier", Language: "de",
		Link: "https://example.org/a", Page: true, Position: 7,
	}
	stored := func() post.Document {
		t.Helper()
		source, err := post.NewStore("alice").Find(t.Context(), p.Writer, "the-sea")
		if err != nil {
			t.Fatal(err)
		}
		source.Date = source.Date.UTC()
		return source.Document
	}
	if diff := cmp.Diff(want, stored()); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
	form := b.Open("/write/the-sea/")
	form.Want(t, http.StatusOK, "alice", `value="Letters, north"`, `type="datetime-local" value="2027-01-10T08:30"`, `value="https://example.org/b"`, "\nShort.</textarea>",
		"\nFor others.</textarea>", `value="/media/a.jpg"`, `value="A pier"`, `value="de"`, `value="7"`, `name="unlisted" type="checkbox" value="1" checked`, `name="page" type="checkbox" value="1" checked`)

	// Fields can be cleared.
	p.Advance(time.Minute)
	b.Submit("/write/the-sea/", append(version(form), "title", "Sea", "content", "Text", "slug", "the-sea", "tags", "", "date", "2027-01-10T08:30", "excerpt", "", "description", "",
		"cover", "", "cover_alt", "", "author", "", "language", "", "link", "", "canonical_url", "", "pinned", "1", "position", "", "action", "publish")...).
		WantSeeOther(t, "/write/the-sea/?done=updated")
	want = post.Document{Title: "Sea", Slug: "the-sea", Content: "Text", Date: want.Date, Pinned: true}
	if diff := cmp.Diff(want, stored()); diff != "" {
		t.Errorf("the post without details (-want +got):\n%s", diff)
	}
}

// The cover and the picture of the author are chosen from the pictures that were uploaded, and only their owner sees these. Pages load the
// cover in the size that fits.
func TestCoverFromUploads(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	address := uploadFile(t, b, "harbour.jpg", photo, http.StatusCreated).Address
	document := uploadFile(t, b, "log.pdf", []byte("%PDF-1.7\n1 0 obj\n%%EOF\n"), http.StatusCreated).Address
	option := `<option value="` + address + `">harbour.jpg</option>`
	fields := []string{"title", "Sea", "content", "Text", "draft", "1", "details", "1", "cover", address, "cover_alt", "A pier", "date", "2026-01-02T03:04", "action"}
	preview := b.Submit("/write/new/", append(fields, "preview")...)
	b.Submit("/write/new/", append(fields, "publish")...).WantSeeOther(t, "/write/sea/?done=published")
	for path, list := range map[string]string{"/write/new/": "editor.pictures", "/write/sea/": "editor.pictures", "/write/settings/": "settings.pictures"} {
		form := b.Open(path)
		form.Want(t, http.StatusOK, "alice", ` list="`+list+`"`, `<datalist id="`+list+`">`+option)
		if strings.Contains(form.Body, document) {
			t.Errorf("%s offers a document as a picture", path)
		}
	}
	stem := strings.TrimSuffix(address, ".jpg")
	cover := `<img class="cover" src="` + address + `" alt="A pier" width="1200" height="800" srcset="` + stem + `-480.jpg 480w, ` + address + ` 1200w" sizes="(min-width: 43rem) 40rem, 100vw">`
	preview.Want(t, http.StatusOK, "alice", cover, option)
	p.Get("alice.example.com", "/sea/").Want(t, http.StatusOK, "alice", cover)
	b.Submit("/write/sea/", append(version(b.Open("/write/sea/")), "title", "Sea", "content", "Text", "action", "share")...).WantSeeOther(t, "/write/sea/?done=shared")
	share := shareLink.FindStringSubmatch(b.Open("/write/sea/").Body)
	p.Get("alice.example.com", html.UnescapeString(share[1])).Want(t, http.StatusOK, "alice", cover)

	clear(b.Cookies)
	expired := b.Submit("/write/new/", append(fields, "save")...)
	expired.Want(t, http.StatusForbidden, "alice", "You have been logged out")
	if strings.Contains(expired.Body, option) {
		t.Error("who is logged out sees the uploads of the blog")
	}
}

// Each field shows its error, and what was entered, in pages and for the script.
func TestErrorsOfDetails(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	for name, test := range map[string]struct{ value, sentence string }{
		"slug":          {"no/slug", "is not a valid address"},
		"tags":          {strings.Repeat("a", 51), "has more than 50 characters"},
		"date":          {"tomorrow", "Enter a date and a time, such as 2027-01-31 18:30."},
		"excerpt":       {strings.Repeat("a", 1001), "The excerpt has 1001 characters"},
		"description":   {strings.Repeat("a", 501), "The description has 501 characters"},
		"cover":         {"http://example.org/a.jpg", "The address of the cover must begin with https://"},
		"cover_alt":     {strings.Repeat("a", 1001), "The description of the cover has 1001 characters"},
		"author":        {strings.Repeat("a", 256), "The author has 256 characters"},
		"language":      {"en_US", "is not a language"},
		"link":          {"javascript:alert(1)", "must be a whole one"},
		"canonical_url": {"/here/", "must be a whole one"},
		"position":      {"first", "Enter a number, such as 1."},
	} {
		t.Run(name, func(t *testing.T) {
			fields := []string{"title", "T", "content", "Text", "draft", "1", "details", "1", "page", "1", name, test.value, "action", "save"}
			page := b.Submit("/write/new/", fields...)
			page.Want(t, http.StatusUnprocessableEntity, "alice", `data-error="`+name+`">`, test.sentence, test.value, `aria-invalid="true"`, `id="editor.details" open`)
			if got := send(t, b, "/write/new/", fields...); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Errors[name], test.sentence) || len(got.Errors) != 1 {
				t.Errorf("the script receives %d, %q", got.Status, got.Errors)
			}
		})
	}
}

// A date is one of the blog's clock, also when that is set back: the post keeps the hour that it has.
func TestDateWhenClocksAreSetBack(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	setZone(t, p, "Europe/Berlin")
	second := time.Date(2026, 10, 25, 1, 30, 15, 0, time.UTC) // the second 02:30
	p.Save("alice", post.Document{Title: "T", Content: "Text", Date: second})
	b := p.LogIn("alice", "alice.example.com")
	publish := func(date string) {
		t.Helper()
		p.Advance(time.Second)
		b.Submit("/write/t/", append(version(b.Open("/write/t/")), "title", "T", "slug", "t", "content", "Text", "date", date, "action", "publish")...).
			WantSeeOther(t, "/write/t/?done=updated")
	}
	publish("2026-10-25T02:30")
	p.Get("alice.example.com", "/t/").Want(t, http.StatusOK, "alice", `<time datetime="2026-10-25T02:30:15+01:00">`)
	publish("2026-10-25T02:31") // the first of the two
	p.Get("alice.example.com", "/t/").Want(t, http.StatusOK, "alice", `<time datetime="2026-10-25T02:31:00+02:00">`)
	publish("2026-03-29 02:30") // skipped; and as browsers without the input send it
	p.Get("alice.example.com", "/t/").Want(t, http.StatusOK, "alice", `<time datetime="2026-03-29T03:30:00+02:00">`)
}

// The address that another post had before can be taken from it, after a question.
func TestTakeAFormerAddress(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Moved", OldSlugs: []string{"former"}, Content: "Old."})
	b := p.LogIn("alice", "alice.example.com")
	fields := []string{"title", "New", "slug", "former", "content", "New.", "draft", "1", "action", "publish"}
	asked := b.Submit("/write/new/", fields...)
	asked.Want(t, http.StatusUnprocessableEntity, "alice", `<div class="field check take"><input id="editor.take" name="take_redirect"`)
	p.Get("alice.example.com", "/former/").WantRedirect(t, "/moved/")
	b.Submit("/write/new/", append(fields, "take_redirect", "1")...).WantSeeOther(t, "/write/former/?done=published")
	p.Get("alice.example.com", "/former/").Want(t, http.StatusOK, "alice", "<p>New.</p>")
}

// A draft that is to be unlisted stays that until it is published, wherever that happens, and when it comes back from the trash.
func TestUnlistedDraft(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	b.Submit("/write/new/", "title", "Quiet", "content", "Text", "draft", "1", "details", "1", "unlisted", "1", "action", "save").WantSeeOther(t, "/write/quiet/?done=saved")
	const mark = `name="unlisted" type="checkbox" value="1" checked`
	b.Open("/write/quiet/").Want(t, http.StatusOK, "alice", mark)
	chosen := func(query string) string {
		t.Helper()
		_, value, _ := strings.Cut(b.Open("/write/"+query).Body, `name="post" value="`)
		value, _, _ = strings.Cut(value, `"`)
		return value
	}
	b.Submit("/write/", "one", "publish "+chosen("")).WantSeeOther(t, "/write/?done=published&posts=1")
	p.Get("alice.example.com", "/quiet/").Want(t, http.StatusOK, "alice", "<p>Text</p>")
	b.Open("/write/?show=unlisted").Want(t, http.StatusOK, "alice", "Quiet")
	p.Advance(time.Minute)
	b.Submit("/write/", "one", "delete "+chosen(""))
	b.Submit("/write/", "one", "restore "+chosen("?show=trash"))
	b.Open("/write/quiet/").Want(t, http.StatusOK, "alice", "Draft", mark)
}

// A post that is dated before computers counted time is changed and deleted like others.
func TestOldDates(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	for _, date := range []string{"1960-05-05T05:05", "0002-01-01T00:00"} {
		slug := "in-" + date[:4]
		b.Submit("/write/new/", "title", "In "+date[:4], "content", "Old.", "date", date, "details", "1", "draft", "1", "action", "publish").WantSeeOther(t, "/write/"+slug+"/?done=published")
		form := append(version(b.Open("/write/"+slug+"/")), "title", "In "+date[:4], "content", "Changed.", "slug", slug, "date", date, "action", "publish")
		b.Submit("/write/"+slug+"/", form...).WantSeeOther(t, "/write/"+slug+"/?done=updated")
		p.Get("alice.example.com", "/"+slug+"/").Want(t, http.StatusOK, "alice", "Changed.")
		b.Submit("/write/"+slug+"/delete/", version(b.Open("/write/"+slug+"/delete/"))...).WantSeeOther(t, "/write/?done=trashed&posts=1")
		p.Get("alice.example.com", "/"+slug+"/").Want(t, http.StatusNotFound, "alice")
	}
	for _, date := range []string{"0001-01-01T00:00", "9999-12-31T23:59"} {
		b.Submit("/write/new/", "title", "Never", "content", "Text", "date", date, "details", "1", "draft", "1", "action", "publish").Want(t, http.StatusUnprocessableEntity, "alice")
	}
}
