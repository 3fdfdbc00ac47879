package editor_test

import (
	"archive/zip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// archive returns the files of an export.
func archive(t *testing.T, exported blogtest.Response) map[string]string {
	t.Helper()
	reader, err := zip.NewReader(strings.NewReader(exported.Body), int64(len(exported.Body)))
	if err != nil {
		t.Fatalf("status %d, %v:\n%s", exported.Status, err, exported.Body)
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
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	if files := archive(t, b.Open("/write/export.zip")); len(files) != 0 {
		t.Errorf("an empty blog exports %v", files)
	}
	want := map[string]post.Document{}
	for i := range 25 {
		document := post.Document{
			Title: fmt.Sprintf("Post: %02d", i), Slug: fmt.Sprintf("post-%02d", i), Author: "Alice", Content: fmt.Sprintf("Text %d.\n\n---\n\nMore.", i),
			Date: blogtest.Start.Add(time.Duration(-i) * time.Hour),
		}
		if i%5 == 0 {
			document.Draft, document.Date = true, time.Time{}
		}
		p.Save("alice", document)
		want[document.Slug+".md"] = document
	}
	exported := b.Open("/write/export.zip")
	exported.Want(t, http.StatusOK, "alice")
	if got := exported.Header.Get("Content-Disposition"); got != `attachment; filename="alice.zip"` {
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

// Windows cannot unpack files with the names of devices.
func TestExportOfDeviceNames(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("nul"))
	for _, slug := range []string{"aux", "com1", "aux-post"} {
		p.Save("nul", post.Document{Title: "Title", Slug: slug, Content: "Text"})
	}
	exported := p.LogIn("nul", "nul.example.com").Open("/write/export.zip")
	if got, want := exported.Header.Get("Content-Disposition"), `attachment; filename="nul_.zip"`; got != want {
		t.Errorf("Content-Disposition: %s, want %s", got, want)
	}
	got := map[string]string{}
	for name, content := range archive(t, exported) {
		document, err := transfer.Parse([]byte(content))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got[name] = document.Slug
	}
	if diff := cmp.Diff(map[string]string{"aux_.md": "aux", "com1_.md": "com1", "aux-post.md": "aux-post"}, got); diff != "" {
		t.Errorf("the files and their slugs (-want +got):\n%s", diff)
	}
}
