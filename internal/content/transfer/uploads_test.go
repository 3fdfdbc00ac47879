package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

var photo = picturetest.FlatJPEG(1200, 800, false, 0x22, 1)

func receive(t *testing.T, pool *pgxpool.Pool, name, alt string, content []byte) media.File {
	t.Helper()
	file, err := media.NewReceiver().Receive(t.Context(), uploadsOf(pool), media.Upload{TenantID: 1, Name: name, Alt: alt, Size: -1, Body: bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The uploads of a blog are the same in another one, where its posts show them.
func TestUploadsAreReadBack(t *testing.T) {
	t.Parallel()
	one, two, store := newBlog(t), newBlog(t), post.NewStore("alice")
	long := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("0123456789"), 60_000)...) // of several chunks
	harbour := receive(t, one, "con.jpg", `Boats & "nets" ⛵`, photo)
	menu := receive(t, one, "menu.pdf", "", long)
	document := post.Document{
		Title: "T", Slug: "t", Date: now, Cover: harbour.Path(480),
		Content: "![](" + harbour.Path(media.Original) + "#wide)\n\n[menu](" + menu.Path(media.Original) + "), not /media/" + strings.Repeat("a", 26) + ".jpg",
	}
	if _, err := store.Save(t.Context(), one, post.SaveRequest{Document: document, Now: now}); err != nil {
		t.Fatal(err)
	}

	archive, moved := exportArchive(t, one), map[string]string{}
	got := map[string]media.File{}
	err := transfer.ReadUploads(archive, func(u transfer.Upload, content io.Reader) error {
		file, err := media.NewReceiver().Receive(t.Context(), uploadsOf(two), media.Upload{TenantID: 2, Name: u.Name, Alt: u.Alt, Size: -1, Body: content})
		moved[u.ID], got[u.ID] = file.ID, file
		if !strings.HasPrefix(u.File, "media/"+u.ID+".") || u.CreatedAt.IsZero() {
			t.Errorf("the archive has %+v", u)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]media.File{harbour.ID: harbour, menu.ID: menu}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(media.File{}, "ID", "CreatedAt")); diff != "" {
		t.Errorf("the uploads of the other blog (-want +got):\n%s", diff)
	}
	if content := contentOf(t, two, moved[menu.ID]); !bytes.Equal(content, long) {
		t.Errorf("a document of %d bytes has %d", len(long), len(content))
	}

	for _, file := range archive.File {
		if file.Modified.Year() < 2020 {
			t.Errorf("%s has the time %s in the archive", file.Name, file.Modified)
		}
	}
	file, err := archive.Open("t.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	read, err := transfer.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	read = transfer.MoveUploads(read, moved)
	names := strings.NewReplacer(harbour.ID, moved[harbour.ID], menu.ID, moved[menu.ID])
	if read.Content != names.Replace(document.Content) || read.Cover != names.Replace(document.Cover) || read.Content == document.Content {
		t.Errorf("the post of the other blog: %+v", read)
	}
	saved, err := store.Save(t.Context(), two, post.SaveRequest{Document: read, Now: now})
	if err != nil || len(saved.Notes) != 0 {
		t.Errorf("notes %v, %v", saved.Notes, err)
	}
}

// contentOf returns the content of an upload.
func contentOf(t *testing.T, pool *pgxpool.Pool, id string) []byte {
	t.Helper()
	opened, err := uploadsOf(pool).Open(t.Context(), id, media.Original)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(opened)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Whatever authors call their files, every system can write the names in the archive.
func TestNamesOfUploads(t *testing.T) {
	t.Parallel()
	pool := newBlog(t)
	for i, name := range []string{"aux.pdf", "../../etc/passwd", `C:\x.pdf`, "a\x00b.pdf", "Same.pdf", "same.PDF", "ü.pdf", strings.Repeat("long", 100)} {
		receive(t, pool, name, "", fmt.Appendf(nil, "%%PDF-1.7\n%d", i))
	}
	names := map[string]bool{}
	portable := regexp.MustCompile(`^(media\.json|media/[a-z2-7]{26}\.[a-z]{3,4})$`)
	for _, file := range exportArchive(t, pool).File {
		if !portable.MatchString(file.Name) || names[file.Name] {
			t.Errorf("the archive has the file %q", file.Name)
		}
		names[file.Name] = true
	}
	if len(names) != 9 {
		t.Errorf("%d files", len(names))
	}
}

// An export reports errors of its uploads, and calls next before each chunk, so that a slow client is not cut off.
func TestExportOfUploadsStops(t *testing.T) {
	t.Parallel()
	pool := newBlog(t)
	receive(t, pool, "a.pdf", "", append([]byte("%PDF-1.7\n"), make([]byte, 5*media.ChunkBytes)...))
	exported, err := transfer.NewExport(settings.Stored{}, uploadsOf(pool), func(int64) ([]post.Source, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	stop, calls := errors.New("stop"), 0
	err = exported.Write(t.Context(), io.Discard, func() error {
		if calls++; calls == 5 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

func TestReadUploadsOfOtherArchives(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  string // of the error
	}{
		"none":              {map[string]string{"a.md": "# A"}, ""},
		"deleted meanwhile": {map[string]string{"media.json": `[{"id":"a","file":"media/a.jpg"}]`}, ""},
		"no list":           {map[string]string{"media.json": `x`}, "read media.json"},
		"cut off":           {map[string]string{"media.json": `[{"id":`}, "read media.json"},
		"outside":           {map[string]string{"media.json": `[{"file":"../a"}]`}, `open "../a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive := archiveOf(t, test.files)
			err := transfer.ReadUploads(archive, func(u transfer.Upload, _ io.Reader) error {
				t.Errorf("received %+v", u)
				return nil
			})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
