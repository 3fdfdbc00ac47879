package editor_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// version returns the hidden fields of a form, as Submit takes them.
func version(form blogtest.Response) []string {
	var fields []string
	for _, match := range hidden.FindAllStringSubmatch(form.Body, -1) {
		fields = append(fields, match[1], match[2])
	}
	return fields
}

func TestWrite(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/write/").Want(t, http.StatusOK, "alice", "You have no posts yet.", `href="/write/new/"`)

	form := b.Open("/write/new/")
	form.Want(t, http.StatusOK, "alice", `value="alice"`, "Save draft", "Publish", "Preview")
	if policy := form.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self'") {
		t.Errorf("the form cannot be sent: %s", policy)
	}
	b.Submit("/write/new/", append(version(form), "title", "Hello, World", "content", "Some *text*.\r\n\r\n<script>alert(1)</script>", "action", "preview")...).
		Want(t, http.StatusOK, "alice", "<p>Some <em>text</em>.</p>", "Some *text*.", "\nHello, World</textarea>",
			"Line 3: &lt;script&gt; is removed, because a post cannot have it.")
	b.Submit("/write/new/", append(version(form), "title", " Hello,\t World ", "content", "Some *text*.\r\n\r\nMore.\r\n", "author", "Alice", "action", "save")...).
		WantSeeOther(t, "/write/hello-world/?done=saved")
	b.Open("/write/").Want(t, http.StatusOK, "alice", `<a href="/write/hello-world/"><bdi lang="">Hello, World</bdi></a>`, "Draft, changed on 10 January 2027")
	p.Get("alice.example.com", "/hello-world/").Want(t, http.StatusNotFound, "alice")
	var first time.Time
	if err := p.Operator.QueryRow(t.Context(), `SELECT at FROM public.first_posts`).Scan(&first); err != nil || !first.Equal(blogtest.Start) {
		t.Errorf("the first post was recorded at %s, %v", first, err)
	}

	p.Advance(time.Hour)
	form = b.Open("/write/hello-world/?done=saved")
	form.Want(t, http.StatusOK, "alice", "Saved.", "Some *text*.\n\nMore.</textarea>", "<p>Some <em>text</em>.</p>", `<p class="state" role="status">Draft</p>`)
	b.Submit("/write/hello-world/", append(version(form), "title", "Hello, World", "content", "Some *text*.", "slug", "hello", "author", "Alice", "action", "publish")...).
		WantSeeOther(t, "/write/hello/?done=published")
	p.Get("alice.example.com", "/hello/").Want(t, http.StatusOK, "alice", "Hello, World", "10 January 2027", "Alice")
	p.Get("alice.example.com", "/hello-world/").Want(t, http.StatusNotFound, "alice")

	// An edit keeps the date, and so does a post that is unpublished and published again.
	p.Advance(72 * time.Hour)
	form = b.Open("/write/hello/")
	form.Want(t, http.StatusOK, "alice", "Published on 10 January 2027", `<a class="page" href="/hello/">View</a>`, "Unpublish")
	b.Submit("/write/hello/", append(version(form), "title", "Hello", "content", "Changed.", "slug", "hello", "action", "publish")...).WantSeeOther(t, "/write/hello/?done=updated")
	p.Get("alice.example.com", "/hello/").Want(t, http.StatusOK, "alice", "Changed.", "10 January 2027", "Updated", "13 January 2027")
	form = b.Open("/write/hello/")
	b.Submit("/write/hello/", append(version(form), "title", "Hello", "content", "Changed.", "slug", "hello", "action", "unpublish")...).WantSeeOther(t, "/write/hello/?done=unpublished")
	p.Get("alice.example.com", "/hello/").Want(t, http.StatusNotFound, "alice")
	form = b.Open("/write/hello/")
	form.Want(t, http.StatusOK, "alice", `role="status">Draft</p>`, `type="datetime-local" value="2027-01-10T13:00"`)
	b.Submit("/write/hello/", append(version(form), "title", "Hello", "content", "Changed.", "slug", "hello", "date", "2027-01-10T13:00", "action", "publish")...).WantSeeOther(t, "/write/hello/?done=published")
	p.Get("alice.example.com", "/hello/").Want(t, http.StatusOK, "alice", `<time datetime="2027-01-10T13:00:00Z">`)
	form = b.Open("/write/hello/")
	b.Submit("/write/hello/", append(version(form), "title", "Hello", "content", "Changed.", "slug", "hello", "date", "2027-01-10T13:00", "action", "unpublish")...).WantSeeOther(t, "/write/hello/?done=unpublished")

	form = b.Open("/write/hello/delete/")
	form.Want(t, http.StatusOK, "alice", "This moves “<bdi lang=\"\">Hello</bdi>” to the trash, and readers no longer see it at /hello/. You can restore it within 30 days. Draft.")
	b.Submit("/write/hello/delete/", version(form)...).WantSeeOther(t, "/write/?done=trashed&posts=1")
	b.Submit("/write/hello/delete/", version(form)...).WantSeeOther(t, "/write/?done=trashed&posts=1") // a retry after a lost response
	b.Open("/write/?done=trashed&posts=1").Want(t, http.StatusOK, "alice", "1 post was moved to the trash.", "You have no posts yet.")
	b.Open("/write/hello/").Want(t, http.StatusNotFound, "alice")
}

func TestAuthorsChangeDates(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Slug: "title", Draft: true, Date: time.Date(2021, 5, 4, 3, 2, 1, 0, time.UTC)})
	b := p.LogIn("alice", "alice.example.com")
	submit := func(date, action string) blogtest.Response {
		t.Helper()
		p.Advance(time.Second)
		form := b.Open("/write/title/")
		return b.Submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "date", date, "action", action)...)
	}
	want := func(texts ...string) {
		t.Helper()
		p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", texts...)
	}
	submit("2021-05-04T03:02", "publish").WantSeeOther(t, "/write/title/?done=published")
	want(`<time datetime="2021-05-04T03:02:01Z">4 May 2021</time>`)
	submit("2020-02-29", "publish").WantSeeOther(t, "/write/title/?done=updated")
	want(`<time datetime="2020-02-29T00:00:00Z">`)
	submit("", "publish").WantSeeOther(t, "/write/title/?done=updated")
	want(`<time datetime="2020-02-29T00:00:00Z">`)
	submit("2027-02-30", "save").Want(t, http.StatusUnprocessableEntity, "alice", `<p class="refused" id="editor.date-error" data-error="date">Enter a date and a time, such as 2027-01-31 18:30.</p>`, `value="2027-02-30"`)

	submit("2027-01-11", "publish").WantSeeOther(t, "/write/title/?done=updated")
	p.Get("alice.example.com", "/title/").Want(t, http.StatusNotFound, "alice")
	submit("2027-01-11", "unpublish").WantSeeOther(t, "/write/title/?done=unpublished")
	submit("2027-01-11", "publish").WantSeeOther(t, "/write/title/?done=published")
	b.Open("/write/title/?done=published").Want(t, http.StatusOK, "alice", "Scheduled. Readers can see it from its date on.", "Appears Monday 11 January, 00:00 (UTC)</p>")
	submit("2027-01-11", "unpublish").WantSeeOther(t, "/write/title/?done=unpublished")
	submit("", "publish").WantSeeOther(t, "/write/title/?done=published")
	want(`<time datetime="2027-01-10T12:00:09Z">10 January 2027</time>`)
}

func TestDirectionOfTexts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "שלום", Slug: "shalom", Author: "יעל", Content: "טקסט."})
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/write/").Want(t, http.StatusOK, "alice", `<p class="name"><a href="/write/shalom/"><bdi lang="">שלום</bdi></a></p>`)
	b.Open("/write/shalom/?done=saved").Want(t, http.StatusOK, "alice",
		"dir=\"auto\" lang=\"he\" aria-describedby=\"editor.title-error\">\nשלום</textarea>", `spellcheck="true" dir="auto" lang="he"`,
		`value="יעל" autocomplete="off" dir="auto" lang=""`, `<article class="post h-entry" dir="rtl" lang="he">`, "<div class=\"prose e-content\">\n<p>טקסט.</p>")
	b.Open("/write/shalom/delete/").Want(t, http.StatusOK, "alice", "“<bdi lang=\"\">שלום</bdi>”")
}

func TestRefusedTextIsNotLost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Owned("alice")
	alice.Limits.MaxPosts = new(int64(2))
	p.Create(alice)
	p.Save("alice", post.Document{Title: "Taken", OldSlugs: []string{"former"}, Content: "Text"})
	b := p.LogIn("alice", "alice.example.com")
	const text = "Words of an afternoon."
	tests := map[string]struct {
		fields []string
		want   string
	}{
		"a long title":       {[]string{"title", strings.Repeat("a", 256)}, `<p class="refused" id="editor.title-error" data-error="title">The title has 256 characters; the maximum is 255. Shorten it.</p>`},
		"an invalid address": {[]string{"title", "T", "slug", "no/slug"}, `<p class="refused" id="editor.slug-error" data-error="slug">&#34;no/slug&#34; is not a valid address. Use lowercase letters, digits and single hyphens, such as my-first-post.</p>`},
		"a taken address":    {[]string{"title", "T", "slug", "taken"}, `<p class="refused" id="editor.slug-error" data-error="slug">Another post has this address. Choose a different one.</p>`},
		"a former address":   {[]string{"title", "T", "slug", "former"}, `<p class="refused" id="editor.slug-error" data-error="slug">This address leads to another post, which had it before. Choose a different one, or take it from that post.</p>`},
		"a reserved address": {[]string{"title", "T", "slug", "write"}, `<p class="refused" id="editor.slug-error" data-error="slug">The address &#34;write&#34; is reserved. Choose another one.</p>`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b.Submit("/write/new/", append(test.fields, "content", text, "action", "publish")...).
				Want(t, http.StatusUnprocessableEntity, "alice", test.want, `aria-invalid="true"`, text)
		})
	}
	p.Save("alice", post.Document{Title: "Last", Content: "Text"})
	b.Submit("/write/new/", "title", "One more", "content", text).Want(t, http.StatusUnprocessableEntity, "alice", "This blog has reached its limit of 2 posts. Delete a post, or contact support for a higher limit.", text)

	b.Submit("/write/new/", "title", "T", "content", strings.Repeat("a", 4<<20)).Want(t, http.StatusRequestEntityTooLarge, "alice", "A post can have up to 1024 kB of text. Nothing was saved.")
	b.Send(http.MethodPost, "/write/new/", strings.NewReader("title=%zz"), nil).Want(t, http.StatusBadRequest, "alice")

	p.Proxy.Cut()
	b.Submit("/write/new/", "title", "T", "content", text).Want(t, http.StatusServiceUnavailable, "alice", "The database is not responding, so the post may not have been saved. Your text is still here: save it again in a few seconds.", text)
	b.Open("/write/").Want(t, http.StatusServiceUnavailable, "alice", "This blog is temporarily unavailable")
	p.Proxy.Restore()
	p.Wait("the database is available", func() error {
		if got := b.Open("/write/"); got.Status != http.StatusOK {
			return errors.New(got.Body)
		}
		return nil
	})
}

func TestEditsDoNotOverwriteOneAnother(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "The first version."})
	b := p.LogIn("alice", "alice.example.com")
	opened := b.Open("/write/title/")
	asked := b.Open("/write/title/delete/")
	edit := func(form blogtest.Response, content string) blogtest.Response {
		t.Helper()
		return b.Submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "content", content, "action", "publish")...)
	}
	p.Advance(time.Minute)
	edit(opened, "From one window.").WantSeeOther(t, "/write/title/?done=updated")
	edit(opened, "From one window.").WantSeeOther(t, "/write/title/?done=updated") // a retry after a lost response
	conflict := edit(opened, "From another window.")
	conflict.Want(t, http.StatusConflict, "alice", "This post was changed after you opened it, in another window or by someone else. Nothing was saved, and your text is still here.", "\nFrom another window.</textarea>",
		`<del dir="auto" lang=""><span class="unseen" dir="ltr" lang="en">Other window: </span>From one window.</del>`, `This window: </span>From another window.</ins>`, "Keep mine",
		`<a class="button quiet" href="/write/title/">Use the other</a>`)
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", "From one window.")
	b.Submit("/write/title/delete/", version(asked)...).Want(t, http.StatusConflict, "alice", "It was not deleted: look at it first.")

	p.Advance(time.Minute)
	// No other button than that to keep it replaces the other text, and that one only the text that was compared.
	edit(conflict, "From another window.").Want(t, http.StatusConflict, "alice", "Keep mine")
	keep := func(form blogtest.Response) blogtest.Response {
		t.Helper()
		compared := regexp.MustCompile(`name="replace" value="(\d+)"`).FindStringSubmatch(form.Body)[1]
		return b.Submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "content", "From another window.", "replace", compared)...)
	}
	edit(b.Open("/write/title/"), "From a third window.").WantSeeOther(t, "/write/title/?done=updated")
	conflict = keep(conflict)
	conflict.Want(t, http.StatusConflict, "alice", "Other window: </span>From a third window.</del>")
	p.Advance(time.Minute)
	keep(conflict).WantSeeOther(t, "/write/title/?done=saved")
	edit(b.Open("/write/title/"), "From another window.").WantSeeOther(t, "/write/title/?done=updated")
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", "From another window.")

	form := b.Open("/write/title/")
	b.Submit("/write/title/delete/", version(b.Open("/write/title/delete/"))...).WantSeeOther(t, "/write/?done=trashed&posts=1")
	gone := edit(form, "A long thought.")
	gone.Want(t, http.StatusConflict, "alice", "This post was deleted after you opened it, in another window or by someone else. Your text is still here: save it to create a new post.", "A long thought.", `action="/write/new/"`)
	b.Submit("/write/new/", append(version(gone), "title", "Title", "content", "A long thought.", "action", "save")...).WantSeeOther(t, "/write/title/?done=saved")
}

// Two windows can differ in a detail alone. That is shown, and publishing does not replace it.
func TestConflictOfDetails(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text.", Draft: true, Tags: []string{"sea"}})
	b := p.LogIn("alice", "alice.example.com")
	fields := []string{"title", "Title", "slug", "", "content", "Text.", "draft", "1"}
	opened := version(b.Open("/write/title/"))
	send := func(more ...string) scripted {
		t.Helper()
		p.Advance(time.Minute)
		return send(t, b, "/write/title/", append(append(slices.Clone(opened), fields...), more...)...)
	}
	if saved := send("tags", "sea, north", "action", "save"); saved.Status != http.StatusOK {
		t.Fatalf("the first window: %+v", saved)
	}
	for _, action := range []string{"save", "publish", "save"} {
		conflict := send("tags", "sea", "pinned", "1", "action", action)
		if conflict.Status != http.StatusConflict || conflict.Conflict == nil || !strings.Contains(conflict.Conflict.HTML,
			`<tr><th scope="row">Tags</th><td dir="auto" lang="">sea, north</td><td dir="auto" lang="">sea</td></tr>`) ||
			!strings.Contains(conflict.Conflict.HTML, `Pinned</th><td dir="auto" lang="">No</td><td dir="auto" lang="">Yes</td>`) || strings.Contains(conflict.Conflict.HTML, `class="diff"`) {
			t.Errorf("%s in the second window: %+v, %+v", action, conflict, conflict.Conflict)
		}
	}
	b.Open("/write/title/").Want(t, http.StatusOK, "alice", `value="sea, north"`)
	p.Get("alice.example.com", "/title/").Want(t, http.StatusNotFound, "alice")
}

// A form that does not have all fields of a post keeps the others.
func TestSaveKeepsOtherFields(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	want := post.Document{
		Title: "Title", Slug: "title", Content: "Text", Date: blogtest.Start, Unlisted: true, Tags: []string{"a"}, Excerpt: "Short.", Language: "de", Cover: "/a.jpg", CoverAlt: "A",
	}
	p.Save("alice", want)
	b := p.LogIn("alice", "alice.example.com")
	store := post.NewStore("alice")
	source, err := store.Find(t.Context(), p.Writer, "title")
	if err != nil {
		t.Fatal(err)
	}
	b.Submit("/write/title/", "id", fmt.Sprint(source.ID), "revision", fmt.Sprint(source.UpdatedAt.UnixMicro()), "title", "Title", "slug", "title", "content", "Other text", "action", "publish").
		WantSeeOther(t, "/write/title/?done=updated")
	if source, err = store.Find(t.Context(), p.Writer, "title"); err != nil {
		t.Fatal(err)
	}
	want.Content = "Other text"
	if diff := cmp.Diff(want, source.Document); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
	b.Open("/write/").Want(t, http.StatusOK, "alice", "Unlisted since 10 January 2027")
}

// The settings of the blog decide about punctuation.
func TestSaveUsesSettings(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	r := settings.SaveRequest{Settings: settings.Settings{SmartPunctuation: true, TimeZone: "Pacific/Kiritimati"}, Now: blogtest.Start}
	if _, err := settings.NewStore("alice").Save(t.Context(), p.Writer, r); err != nil {
		t.Fatal(err)
	}
	b := p.LogIn("alice", "alice.example.com")
	b.Submit("/write/new/", "title", "", "content", `"So"`, "draft", "1", "action", "preview").Want(t, http.StatusOK, "alice", "<p>“So”</p>")
	b.Submit("/write/new/", "title", "", "content", `"So"`, "draft", "1", "action", "publish").WantSeeOther(t, "/write/2027-01-11-0200/?done=published")
	p.Get("alice.example.com", "/2027-01-11-0200/").Want(t, http.StatusOK, "alice", "<p>“So”</p>")
}
