package blog_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// version returns the hidden fields of a form, as submit takes them.
func version(form answer) []string {
	var fields []string
	for _, match := range hidden.FindAllStringSubmatch(form.body, -1) {
		fields = append(fields, match[1], match[2])
	}
	return fields
}

// pass lets time pass, and waits until the blog has looked at the registry since.
func (p *platform) pass(d time.Duration) {
	p.t.Helper()
	p.clock.advance(d)
	p.waitReady()
}

func TestWrite(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	b := p.logIn("alice", "alice.example.com")
	b.open("/write/").want(t, http.StatusOK, "alice", "There are no posts yet", `href="/write/new/"`)

	form := b.open("/write/new/")
	form.want(t, http.StatusOK, "alice", `value="alice"`, "Save draft", "Publish", "Preview")
	if policy := form.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self'") {
		t.Errorf("the form cannot be sent: %s", policy)
	}
	b.submit("/write/new/", append(version(form), "title", "Hello, World", "content", "Some *text*.\r\n\r\n<script>alert(1)</script>", "action", "preview")...).
		want(t, http.StatusOK, "alice", "<p>Some <em>text</em>.</p>", "Some *text*.", `value="Hello, World"`)
	b.submit("/write/new/", append(version(form), "title", " Hello,\t World ", "content", "Some *text*.\r\n\r\nMore.\r\n", "author", "Alice", "action", "save")...).
		wantSeeOther(t, "/write/hello-world/?done=saved")
	b.open("/write/").want(t, http.StatusOK, "alice", `<a href="/write/hello-world/">Hello, World</a></td><td>Draft</td>`)
	p.get("alice.example.com", "/hello-world/").want(t, http.StatusNotFound, "alice")
	var first time.Time
	if err := p.operator.QueryRow(t.Context(), `SELECT at FROM public.first_posts`).Scan(&first); err != nil || !first.Equal(start) {
		t.Errorf("the first post was noted at %s, %v", first, err)
	}

	p.pass(time.Hour)
	form = b.open("/write/hello-world/?done=saved")
	form.want(t, http.StatusOK, "alice", "Saved.", "Some *text*.\n\nMore.</textarea>", "<p>Some <em>text</em>.</p>", "Draft.")
	b.submit("/write/hello-world/", append(version(form), "title", "Hello, World", "content", "Some *text*.", "slug", "hello", "author", "Alice", "action", "publish")...).
		wantSeeOther(t, "/write/hello/?done=published")
	p.get("alice.example.com", "/hello/").want(t, http.StatusOK, "alice", "Hello, World", "10 January 2027", "Alice")
	p.get("alice.example.com", "/hello-world/").want(t, http.StatusNotFound, "alice")

	// A change keeps the date; a post that is taken back loses it.
	p.pass(72 * time.Hour)
	form = b.open("/write/hello/")
	form.want(t, http.StatusOK, "alice", "Published on 10 January 2027", `<a href="/hello/">View the page</a>`, "Unpublish")
	b.submit("/write/hello/", append(version(form), "title", "Hello", "content", "Changed.", "slug", "hello", "action", "save")...).wantSeeOther(t, "/write/hello/?done=saved")
	p.get("alice.example.com", "/hello/").want(t, http.StatusOK, "alice", "Changed.", "10 January 2027", "Updated", "13 January 2027")
	form = b.open("/write/hello/")
	b.submit("/write/hello/", append(version(form), "title", "Hello", "content", "Changed.", "slug", "hello", "action", "unpublish")...).wantSeeOther(t, "/write/hello/?done=unpublished")
	p.get("alice.example.com", "/hello/").want(t, http.StatusNotFound, "alice")

	form = b.open("/write/hello/delete/")
	form.want(t, http.StatusOK, "alice", "“Hello” will be gone for good")
	b.submit("/write/hello/delete/", version(form)...).wantSeeOther(t, "/write/?done=deleted")
	b.submit("/write/hello/delete/", version(form)...).wantSeeOther(t, "/write/?done=deleted") // again, after a lost answer
	b.open("/write/?done=deleted").want(t, http.StatusOK, "alice", "Deleted.", "There are no posts yet")
	b.open("/write/hello/").want(t, http.StatusNotFound, "alice")
}

func TestListOfAllPostsIsPaged(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	for i := range 51 {
		p.save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Date: start.Add(time.Duration(i-60) * time.Hour)})
	}
	p.save("alice", post.Document{Title: "Soon", Date: start.AddDate(0, 0, 1)})
	b := p.logIn("alice", "alice.example.com")
	b.open("/write/").want(t, http.StatusOK, "alice", "Appears on 11 January 2027", "Post 50", "Post 02", `href="/write/?page=2"`)
	b.open("/write/?page=2").want(t, http.StatusOK, "alice", "Post 01", "Post 00", `<a href="/write/" rel="prev">`)
	b.open("/write/?page=x").want(t, http.StatusNotFound, "alice")
}

func TestWhatIsRefusedIsNotLost(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := owned("alice")
	alice.Limits.MaxPosts = new(int64(2))
	p.create(alice)
	p.save("alice", post.Document{Title: "Taken", Content: "Text"})
	b := p.logIn("alice", "alice.example.com")
	const typed = "Words of an afternoon."
	tests := map[string]struct {
		fields []string
		want   string
	}{
		"no title":        {[]string{"title", " "}, `<p class="refused" id="title-error">Give the post a title.</p>`},
		"a title too big": {[]string{"title", strings.Repeat("a", 256)}, `<p class="refused" id="title-error">The title has 256 characters; the maximum is 255.</p>`},
		"no address":      {[]string{"title", "T", "slug", "no/slug"}, `<p class="refused" id="slug-error">&#34;no/slug&#34; is not a valid address. Use lower-case letters, digits and single hyphens, such as my-first-post.</p>`},
		"a taken address": {[]string{"title", "Taken"}, `<p class="refused" id="slug-error">Another post has this address`},
		"one of ours":     {[]string{"title", "T", "slug", "write"}, `<p class="refused" id="slug-error">The address &#34;write&#34; is reserved. Choose another one.</p>`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b.submit("/write/new/", append(test.fields, "content", typed, "action", "publish")...).
				want(t, http.StatusUnprocessableEntity, "alice", test.want, `aria-invalid="true"`, typed)
		})
	}
	p.save("alice", post.Document{Title: "Last", Content: "Text"})
	b.submit("/write/new/", "title", "One more", "content", typed).want(t, http.StatusUnprocessableEntity, "alice", "This blog has reached its limit of 2 posts. Delete a post, or ask for a higher limit.", typed)

	b.submit("/write/new/", "title", "T", "content", strings.Repeat("a", 4<<20)).want(t, http.StatusRequestEntityTooLarge, "alice", "That was too much")
	b.ask(http.MethodPost, "/write/new/", strings.NewReader("title=%zz"), nil).want(t, http.StatusBadRequest, "alice")

	p.proxy.Cut()
	b.submit("/write/new/", "title", "T", "content", typed).want(t, http.StatusServiceUnavailable, "alice", "The database does not answer", typed)
	b.open("/write/").want(t, http.StatusServiceUnavailable, "alice", "This blog cannot be shown right now")
	p.proxy.Restore()
	p.wait("the database is back", func() error {
		if got := b.open("/write/"); got.status != http.StatusOK {
			return errors.New(got.body)
		}
		return nil
	})
}

func TestEditsDoNotOverwriteOneAnother(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	p.save("alice", post.Document{Title: "Title", Content: "The first version."})
	b := p.logIn("alice", "alice.example.com")
	opened := b.open("/write/title/")
	asked := b.open("/write/title/delete/")
	edit := func(form answer, content string) answer {
		t.Helper()
		return b.submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "content", content, "action", "save")...)
	}
	p.pass(time.Minute)
	edit(opened, "From one window.").wantSeeOther(t, "/write/title/?done=saved")
	edit(opened, "From one window.").wantSeeOther(t, "/write/title/?done=saved") // again, after a lost answer
	conflict := edit(opened, "From another window.")
	conflict.want(t, http.StatusConflict, "alice", "was changed since you opened it", "\nFrom another window.</textarea>", "\nFrom one window.</textarea>")
	p.get("alice.example.com", "/title/").want(t, http.StatusOK, "alice", "From one window.")
	b.submit("/write/title/delete/", version(asked)...).want(t, http.StatusConflict, "alice", "It is still there")

	p.pass(time.Minute)
	edit(conflict, "From another window.").wantSeeOther(t, "/write/title/?done=saved")
	p.get("alice.example.com", "/title/").want(t, http.StatusOK, "alice", "From another window.")

	form := b.open("/write/title/")
	b.submit("/write/title/delete/", version(b.open("/write/title/delete/"))...).wantSeeOther(t, "/write/?done=deleted")
	gone := edit(form, "A long thought.")
	gone.want(t, http.StatusConflict, "alice", "was deleted since you opened it", "A long thought.", `action="/write/new/"`)
	b.submit("/write/new/", append(version(gone), "title", "Title", "content", "A long thought.", "action", "save")...).wantSeeOther(t, "/write/title/?done=saved")
}

func TestOnlyTheOwnerWrites(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	p.create(owned("bob"))
	p.save("alice", post.Document{Title: "Title", Content: "Text", Draft: true})
	alice := p.logIn("alice", "alice.example.com")
	form := alice.open("/write/title/")

	for name, b := range map[string]*browser{"nobody": p.browser("alice.example.com"), "bob": p.browser("alice.example.com")} {
		if name == "bob" {
			b.cookies["session"] = p.logIn("bob", "bob.example.com").cookies["session"]
		}
		for _, path := range []string{"/write/", "/write/new/", "/write/title/", "/write/title/delete/", "/write/export.zip"} {
			if got := b.open(path); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/login/?next=%2Fwrite%2F") {
				t.Errorf("%s opens %s: %d", name, path, got.status)
			}
		}
		b.submit("/write/new/", "title", "Mine", "content", "My words").want(t, http.StatusForbidden, "alice", "You are logged out", "My words")
		b.submit("/write/title/", append(version(form), "title", "Mine", "content", "My words")...).want(t, http.StatusForbidden, "alice", "You are logged out", "My words")
		b.submit("/write/title/delete/", version(form)...).want(t, http.StatusForbidden, "alice", "Nothing was changed")
		b.submit("/write/new/", "title", "Mine", "content", strings.Repeat("a", 1<<20)).want(t, http.StatusRequestEntityTooLarge, "alice")
	}
	for _, header := range map[string]http.Header{
		"a sibling":  {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://bob.example.com"}},
		"an old one": {"Origin": {"http://bob.example.com"}},
		"another":    {"Sec-Fetch-Site": {"cross-site"}},
	} {
		fields := encode([]string{"title", "Mine", "content", "My words"})
		alice.ask(http.MethodPost, "/write/new/", strings.NewReader(fields), header).want(t, http.StatusForbidden, "alice", "That came from another site")
		alice.ask(http.MethodPost, "/logout/", nil, header).want(t, http.StatusForbidden, "alice")
	}
	alice.submit("/", "title", "Mine").want(t, http.StatusMethodNotAllowed, "alice")
	alice.submit("/title/", "title", "Mine").want(t, http.StatusMethodNotAllowed, "alice")
	alice.open("/write/").want(t, http.StatusOK, "alice", "Title")

	// Whoever was the owner is so no more at the moment when the row says another name.
	s := owned("alice")
	s.Owner = "carol"
	p.update(s, start)
	alice.open("/write/").wantSeeOther(t, "/login/?next=%2Fwrite%2F")
	alice.submit("/write/title/", append(version(form), "title", "Mine", "content", "My words")...).want(t, http.StatusForbidden, "alice")
	entries, err := post.NewStore("alice").ListAll(t.Context(), p.writer, 10, 0)
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
		"grace":     {start.AddDate(0, 0, -2).Truncate(24 * time.Hour), start.AddDate(0, 0, 12), http.StatusOK, "The paid time of this blog ended on 8 January 2027"},
		"suspended": {start.AddDate(0, 0, -20).Truncate(24 * time.Hour), start.AddDate(0, 0, -5), http.StatusPaymentRequired, "This blog is suspended"},
		"by hand":   {start.AddDate(1, 0, 0).Truncate(24 * time.Hour), time.Time{}, http.StatusPaymentRequired, "This blog is suspended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			s := owned("alice")
			p.create(s)
			p.save("alice", post.Document{Title: "Title", Content: "Text"})
			b := p.logIn("alice", "alice.example.com")
			form := b.open("/write/title/")
			s.PaidUntil, s.SuspendAt = test.paidUntil, test.suspendAt
			p.update(s, start)
			// Writing stops at once, and not when the blog gets to know of it.
			b.submit("/write/title/", append(version(form), "title", "Title", "slug", "title", "content", "New words", "action", "save")...).
				want(t, http.StatusForbidden, "alice", test.sentence, "New words")
			p.wait("the blog knows", func() error {
				if got := b.open("/write/"); got.status != http.StatusOK || !strings.Contains(got.body, test.sentence) {
					return fmt.Errorf("it says %s", got.body)
				}
				return nil
			})
			p.get("alice.example.com", "/title/").want(t, test.readers, "alice")
			b.submit("/write/new/", "title", "New", "content", "New words", "action", "publish").want(t, http.StatusForbidden, "alice", test.sentence, "New words")
			b.submit("/write/title/delete/", version(form)...).want(t, http.StatusForbidden, "alice", test.sentence)
			if page := b.open("/write/title/"); page.status != http.StatusOK || strings.Contains(page.body, "<button") || !strings.Contains(page.body, "\nText</textarea>") {
				t.Errorf("status %d:\n%s", page.status, page.body)
			}
			if files := archive(t, b.open("/write/export.zip")); len(files) != 1 {
				t.Errorf("the export has %v", files)
			}
			// Whoever is logged out gets in again.
			p.logIn("alice", "alice.example.com").open("/write/").want(t, http.StatusOK, "alice", test.sentence)
		})
	}
}

// archive returns the files of an export.
func archive(t *testing.T, exported answer) map[string]string {
	t.Helper()
	reader, err := zip.NewReader(strings.NewReader(exported.body), int64(len(exported.body)))
	if err != nil {
		t.Fatalf("status %d, %v:\n%s", exported.status, err, exported.body)
	}
	files := map[string]string{}
	for _, f := range reader.File {
		opened, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	return files
}

func TestExport(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	b := p.logIn("alice", "alice.example.com")
	if files := archive(t, b.open("/write/export.zip")); len(files) != 0 {
		t.Errorf("an empty blog exports %v", files)
	}
	want := map[string]post.Document{}
	for i := range 25 {
		document := post.Document{
			Title: fmt.Sprintf("Post: %02d", i), Slug: fmt.Sprintf("post-%02d", i), Author: "Alice", Content: fmt.Sprintf("Text %d.\n\n---\n\nMore.", i),
			Date: start.Add(time.Duration(-i) * time.Hour),
		}
		if i%5 == 0 {
			document.Draft, document.Date = true, time.Time{}
		}
		p.save("alice", document)
		want[document.Slug+".md"] = document
	}
	exported := b.open("/write/export.zip")
	exported.want(t, http.StatusOK, "alice")
	if got := exported.header.Get("Content-Disposition"); got != `attachment; filename="alice.zip"` {
		t.Errorf("Content-Disposition: %s", got)
	}
	got := map[string]post.Document{}
	for name, content := range archive(t, exported) {
		document, err := transfer.Parse([]byte(content))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got[name] = document
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the export (-want +got):\n%s", diff)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	old := p.logIn("alice", "alice.example.com")
	p.pass(account.BlogSessionLife)
	old.open("/write/").wantSeeOther(t, "/login/?next=%2Fwrite%2F")
	fresh := p.logIn("alice", "alice.example.com")
	fresh.open("/write/").want(t, http.StatusOK, "alice")
	fresh.submit("/logout/").wantSeeOther(t, "/")
	fresh.open("/write/").wantSeeOther(t, "/login/?next=%2Fwrite%2F")
	fresh.open("/logout/").wantSeeOther(t, "/")
}
