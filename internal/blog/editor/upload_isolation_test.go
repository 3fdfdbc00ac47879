package editor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// The file of a blog is at no host of another one, in none of its pages, and cannot be deleted there.
func TestUploadsOfOtherBlogs(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	alice, bob := p.LogIn("alice", "alice.example.com"), p.LogIn("bob", "bob.example.com")
	address := uploadFile(t, alice, "harbour.jpg", photo, http.StatusCreated).Address
	id := strings.TrimSuffix(strings.TrimPrefix(address, "/media/"), ".jpg")
	variant := "/media/" + id + "-480.jpg"
	for _, path := range []string{address, variant} {
		p.Get("alice.example.com", path).Want(t, http.StatusOK, "alice")
		for host, tenant := range map[string]string{"bob.example.com": "bob", "nobody.example.com": "", "example.com": "", "alice.example.org": ""} {
			if got := p.Get(host, path); got.Status != http.StatusNotFound || got.Header.Get("Echoblogs-Tenant") != tenant || strings.HasPrefix(got.Header.Get("Content-Type"), "image/") {
				t.Errorf("%s%s: status %d for %q, %v", host, path, got.Status, got.Header.Get("Echoblogs-Tenant"), got.Header)
			}
		}
		bob.Open(path).Want(t, http.StatusNotFound, "bob")
	}
	for _, path := range []string{
		"/media/" + id, "/media/" + strings.ToUpper(id) + ".jpg", "/media/" + id + "-481.jpg", "/media/" + id + "--1.jpg", "/media/" + id + "-0.jpg", "/media/" + id + ".jpg/",
		"/media/%27%20OR%201=1--.jpg", "/media/" + id + "-99999.jpg", "/media/" + strings.Repeat("a", 26) + ".jpg", "/media/",
	} {
		if got := p.Get("alice.example.com", path); got.Status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got.Status)
		}
	}

	bob.Submit("/write/new/", "title", "Copy", "content", "![]("+address+")", "action", "publish").WantSeeOther(t, "/write/copy/?done=published")
	if page := p.Get("bob.example.com", "/copy/"); page.Status != http.StatusOK || strings.Contains(page.Body, "srcset") || strings.Contains(page.Body, `width="1200"`) {
		t.Errorf("a post of bob tells about the picture of alice:\n%s", page.Body)
	}
	if list := bob.Open("/write/media/"); list.Status != http.StatusOK || strings.Contains(list.Body, id) {
		t.Errorf("the uploads of bob:\n%s", list.Body)
	}
	for name := range archive(t, bob.Open("/write/export.zip")) {
		if strings.HasPrefix(name, "media") {
			t.Errorf("the export of bob has %s", name)
		}
	}
	if files := archive(t, alice.Open("/write/export.zip")); files[address[1:]] != string(photo) || !strings.Contains(files["media.json"], "harbour.jpg") {
		t.Errorf("the export of alice lacks the picture: %d bytes, %s", len(files[address[1:]]), files["media.json"])
	}
	bob.Submit("/write/media/delete/", "id", id).WantSeeOther(t, "/write/media/?done=deleted")
	p.Get("alice.example.com", address).Want(t, http.StatusOK, "alice")

	// Bob's session is none at the host of alice.
	thief := p.Browser("alice.example.com")
	thief.Cookies = bob.Cookies
	if got := uploadFile(t, thief, "a.jpg", photo, http.StatusForbidden); got.Error == "" {
		t.Errorf("bob uploads to alice: %+v", got)
	}
	thief.Submit("/write/media/delete/", "id", id).Want(t, http.StatusForbidden, "alice", "You are logged out")
	if got := thief.Open("/write/media/"); got.Status != http.StatusSeeOther {
		t.Errorf("bob lists the uploads of alice: %d", got.Status)
	}
	p.Get("alice.example.com", address).Want(t, http.StatusOK, "alice")
}

// Strangers learn of no file that is in drafts alone, nor of one whose upload has not ended.
func TestUploadsOfDrafts(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	alice := p.LogIn("alice", "alice.example.com")
	address := uploadFile(t, alice, "secret.jpg", photo, http.StatusCreated).Address
	p.Save("alice", post.Document{Title: "Public", Content: "Text."})
	p.Save("alice", post.Document{Title: "Draft", Content: "![](" + address + ")", Cover: address, Draft: true})
	for _, path := range []string{"/", "/public/", "/draft/", "/feed.xml", "/sitemap.xml", "/robots.txt", "/media/", "/write/draft/", "/write/media/", "/write/export.zip"} {
		if got := p.Get("alice.example.com", path); strings.Contains(got.Body, address[:20]) || strings.Contains(got.Body, "secret.jpg") {
			t.Errorf("%s tells about the picture of a draft:\n%s", path, got.Body)
		}
	}
	p.Exec(`UPDATE alice.media SET completed_at = NULL`)
	p.Get("alice.example.com", address).Want(t, http.StatusNotFound, "alice")
	if list := alice.Open("/write/media/"); list.Status != http.StatusOK || strings.Contains(list.Body, "secret.jpg") {
		t.Errorf("the list has an upload that has not ended:\n%s", list.Body)
	}
}

// Another site, that of another blog among them, can neither upload nor delete in the owner's name.
func TestUploadFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	alice := p.LogIn("alice", "alice.example.com")
	address := uploadFile(t, alice, "harbour.jpg", photo, http.StatusCreated).Address
	id := strings.TrimSuffix(strings.TrimPrefix(address, "/media/"), ".jpg")
	const boundary = "x"
	file := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"menu.pdf\"\r\n\r\n%PDF-1.7\n\r\n--x--\r\n"
	for name, header := range map[string]http.Header{
		"a sibling":  {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://bob.example.com"}},
		"an old one": {"Origin": {"http://bob.example.com"}},
		"another":    {"Sec-Fetch-Site": {"cross-site"}},
		"a sandbox":  {"Origin": {"null"}},
	} {
		t.Run(name, func(t *testing.T) {
			alice.Send(http.MethodPost, "/write/media/delete/", strings.NewReader("id="+id), header).Want(t, http.StatusForbidden, "alice", "This form came from another site")
			header = header.Clone()
			header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
			alice.Send(http.MethodPost, "/write/media/", strings.NewReader(file), header).Want(t, http.StatusForbidden, "alice", "This form came from another site")
		})
	}
	p.Get("alice.example.com", address).Want(t, http.StatusOK, "alice")
	if list := alice.Open("/write/media/"); strings.Contains(list.Body, "menu.pdf") {
		t.Errorf("a file of another site is stored:\n%s", list.Body)
	}
}

// Whatever a file is called and its description says, no page runs it.
func TestNamesOfUploadsAreText(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	alice := p.LogIn("alice", "alice.example.com")
	const attack = `'"><script>alert(1)</script><img src=x onerror=alert(1)>`
	var document string
	for i, name := range []string{attack + ".pdf", `" onmouseover="alert(1).pdf`, "javascript:alert(1).pdf", "a\r\nSet-Cookie: session=x.pdf", "\u202efdp.exe.pdf", "{{.}}.pdf"} {
		document = uploadFile(t, alice, name, fmt.Appendf(nil, "%%PDF-1.7\n%d", i), http.StatusCreated).Address
		served := p.Get("alice.example.com", document)
		disposition := served.Header.Get("Content-Disposition")
		if !strings.HasPrefix(disposition, "attachment; ") || strings.Count(disposition, `"`) != 2 || served.Header.Get("Set-Cookie") != "" ||
			served.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(served.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q is served with %v", name, served.Header)
		}
	}
	picture := uploadFile(t, alice, attack+".jpg", photo, http.StatusCreated).Address
	p.Exec(`UPDATE alice.media SET alt = $1`, attack)
	p.Exec(`UPDATE alice.media SET name = $1 WHERE type = 'application/pdf' AND name LIKE '%alert%'`, attack) // as if an earlier version had stored it
	for _, content := range []string{"![" + attack + "](" + picture + ` "` + strings.ReplaceAll(attack, `"`, `\"`) + `")`, `<img src="` + picture + `" alt='" onerror="alert(1)' onerror="alert(1)" srcset="javascript:x 1w" sizes="x" style="x">`} {
		p.Save("alice", post.Document{Title: "Title", Slug: "title", Content: content})
		page := p.Get("alice.example.com", "/title/")
		if page.Status != http.StatusOK || !strings.Contains(page.Body, `width="1200"`) || strings.Count(page.Body, " srcset=") != 1 {
			t.Errorf("%s becomes\n%s", content, page.Body)
		}
		wantNoScript(t, content, page.Body)
	}
	wantNoScript(t, "the list", alice.Open("/write/media/").Body)
	refused := sendFile(t, alice, attack+".svg", []byte("<svg/>"), "text/html")
	if refused.Status != http.StatusUnsupportedMediaType {
		t.Errorf("an SVG file: %d", refused.Status)
	}
	wantNoScript(t, "a refusal", refused.Body)
	answer := sendFile(t, alice, attack+".svg", []byte("<svg/>"), "application/json")
	if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") || answer.Header.Get("X-Content-Type-Options") != "nosniff" || strings.Contains(answer.Body, "<script") {
		t.Errorf("the answer for the script is %s: %s", kind, answer.Body)
	}
}

// wantNoScript checks that a page has no element or attribute of the attacks.
func wantNoScript(t *testing.T, what, page string) {
	t.Helper()
	for tokens := html.NewTokenizer(strings.NewReader(page)); ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			for _, a := range tag.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") || tag.Data == "img" && a.Key == "src" && a.Val == "x" {
					t.Errorf("%s: the page has %s", what, tag)
				}
			}
			if tag.Data == "script" && tag.Attr == nil {
				t.Errorf("%s: the page has a script", what)
			}
		}
	}
}
