package editor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// answered is what the script of the editor reads of an answer to a file.
type answered struct {
	Address string
	Picture bool
	Error   string
}

// uploadFile sends a file as the script of the editor does.
func uploadFile(t *testing.T, b *blogtest.Browser, name string, content []byte, status int) answered {
	t.Helper()
	got := sendFile(t, b, name, content, "application/json")
	var a answered
	if got.Status != status || json.Unmarshal([]byte(got.Body), &a) != nil {
		t.Fatalf("%s: status %d, want %d:\n%s", name, got.Status, status, got.Body)
	}
	return a
}

func sendFile(t *testing.T, b *blogtest.Browser, name string, content []byte, accept string) blogtest.Response {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("size", strconv.Itoa(len(content))); err != nil {
		t.Fatal(err)
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Send(http.MethodPost, "/write/media/", &body,
		http.Header{"Sec-Fetch-Site": {"same-origin"}, "Accept": {accept}, "Content-Type": {form.FormDataContentType()}})
}

var photo = picturetest.FlatJPEG(1200, 800, false, 0x22, 1)

// An author uploads a picture, which readers see, and deletes it.
func TestUpload(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	b := p.LogIn("alice", "alice.example.com")

	first := uploadFile(t, b, "harbour.jpg", photo, http.StatusCreated)
	if !first.Picture || !strings.HasPrefix(first.Address, "/media/") || !strings.HasSuffix(first.Address, ".jpg") {
		t.Fatalf("a picture: %+v", first)
	}
	if again := uploadFile(t, b, "harbour.jpg", photo, http.StatusCreated); again != first {
		t.Errorf("the same picture again: %+v, want %+v", again, first)
	}
	served := p.Get("alice.example.com", first.Address)
	if served.Status != http.StatusOK || served.Header.Get("Content-Type") != "image/jpeg" || !strings.Contains(served.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the picture is served with %d, %v", served.Status, served.Header)
	}
	p.Get("bob.example.com", first.Address).Want(t, http.StatusNotFound, "bob")
	p.Get("alice.example.com", "/media/none.jpg").Want(t, http.StatusNotFound, "alice")

	document := uploadFile(t, b, "menu.pdf", []byte("%PDF-1.7\n"), http.StatusCreated)
	if document.Picture {
		t.Errorf("a document: %+v", document)
	}
	b.Open("/write/media/").Want(t, http.StatusOK, "alice", "harbour.jpg", "menu.pdf", "1200 × 800", first.Address)

	id := strings.TrimSuffix(strings.TrimPrefix(first.Address, "/media/"), ".jpg")
	p.LogIn("bob", "bob.example.com").Submit("/write/media/delete/", "id", id).WantSeeOther(t, "/write/media/?done=deleted")
	if still := p.Get("alice.example.com", first.Address); still.Status != http.StatusOK {
		t.Errorf("bob deletes the picture of alice: %d", still.Status)
	}
	for range 2 { // a retry is not an error
		b.Submit("/write/media/delete/", "id", id).WantSeeOther(t, "/write/media/?done=deleted")
	}
	p.Get("alice.example.com", first.Address).Want(t, http.StatusNotFound, "alice")
}

// What is not stored has a sentence, for the script and for the form.
func TestUploadIsRefused(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	full := blogtest.Owned("full")
	full.Limits = tenancy.Limits{MaxStorageBytes: new(int64(1000))}
	p.Create(full)
	alice, other := p.LogIn("alice", "alice.example.com"), p.LogIn("full", "full.example.com")
	for _, test := range []struct {
		name    string
		browser *blogtest.Browser
		content []byte
		status  int
		want    string
	}{
		{"logo.svg", alice, []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), http.StatusUnsupportedMediaType, "logo.svg was not uploaded."},
		{"page.jpg", alice, []byte("<!DOCTYPE html><p>No picture"), http.StatusUnsupportedMediaType, "page.jpg was not uploaded."},
		{"cut.jpg", alice, photo[:300], http.StatusUnsupportedMediaType, "cut.jpg was not uploaded."},
		{"large.jpg", alice, bytes.Repeat([]byte("x"), 20_000_001), http.StatusRequestEntityTooLarge, "large.jpg was not uploaded: 20.1 MB, at most 20 MB."},
		{"harbour.jpg", other, photo, http.StatusInsufficientStorage, "bytes of 1 kB are left."},
	} {
		if got := uploadFile(t, test.browser, test.name, test.content, test.status); got.Address != "" || !strings.Contains(got.Error, test.want) {
			t.Errorf("%s: %+v, want %q", test.name, got, test.want)
		}
		if page := sendFile(t, test.browser, test.name, test.content, "text/html"); page.Status != test.status || !strings.Contains(page.Body, "The file was not uploaded") {
			t.Errorf("%s by the form: %d\n%s", test.name, page.Status, page.Body)
		}
	}
	alice.Submit("/write/media/", "file", "none").Want(t, http.StatusUnprocessableEntity, "alice", "choose one first")
	stranger := p.Browser("alice.example.com")
	if got := uploadFile(t, stranger, "harbour.jpg", photo, http.StatusForbidden); !strings.Contains(got.Error, "you are logged out") {
		t.Errorf("a stranger: %+v", got)
	}
	for _, schema := range []string{"alice", "full"} {
		var files int
		if err := p.Connect(p.Database.BlogURI).QueryRow(t.Context(), fmt.Sprintf(`SELECT count(*) FROM %q.media`, schema)).Scan(&files); err != nil || files != 0 {
			t.Errorf("%s has %d files, %v", schema, files, err)
		}
	}
}
