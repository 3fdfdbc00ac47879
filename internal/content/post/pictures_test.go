package post_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/test/testkit/picturetest"
)

// upload stores a file as an upload of the blog of newBlog.
func upload(t *testing.T, pool *pgxpool.Pool, name string, content []byte) media.File {
	t.Helper()
	file, err := media.NewReceiver().Receive(t.Context(), media.NewPostgres(media.UsePool(pool), "order"), media.Upload{TenantID: 1, Name: name, Size: int64(len(content)), Body: bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The stored HTML has the sizes of uploads, also that of changes which readers do not see yet.
func TestPicturesOfPost(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	photo := upload(t, pool, "harbour.jpg", picturetest.FlatJPEG(1200, 800, false, 0x22, 1))
	document := post.Document{Title: "T", Slug: "t", Content: "Text.\n\n![Boats](" + photo.Path(media.Original) + "#wide)"}
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Now: now})
	if err != nil || len(saved.Notes) > 0 {
		t.Fatalf("%v, %v", saved.Notes, err)
	}
	html, err := store.HTML(t.Context(), pool, saved.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := `<figure class="wide"><img src="` + photo.Path(media.Original) + `#wide" alt="Boats" width="1200" height="800" srcset="` + photo.SourceSet() + `" sizes="`
	if photo.SourceSet() == "" || !strings.Contains(html, want) {
		t.Errorf("the HTML is\n%s, want\n%s", html, want)
	}
	again, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: saved.Version, Now: now.AddDate(0, 0, 1)})
	if err != nil || again.Outcome != post.Unchanged {
		t.Errorf("saved again: %+v, %v", again, err)
	}
	document.Content += "\n\nMore."
	pending, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: saved.Version, Unpublished: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: pending.Version, Now: now}); err != nil {
		t.Fatal(err)
	}
	if html, err = store.HTML(t.Context(), pool, saved.Version.ID); err != nil || !strings.Contains(html, want) || !strings.Contains(html, "More.") {
		t.Errorf("the published HTML is\n%s, %v, want\n%s", html, err, want)
	}
}

// An author learns which uploads readers do not see, and why.
func TestNotesOfUploads(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	photo := upload(t, pool, "harbour.jpg", picturetest.FlatJPEG(1200, 800, false, 0x22, 1)).Path(media.Original)
	menu := upload(t, pool, "menu.pdf", []byte("%PDF-1.7\n")).Path(media.Original)
	none := "/media/" + strings.Repeat("a", 26) + ".jpg"
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Now: now, Document: post.Document{
		Title: "T", Content: "![](" + photo + ") [menu](" + menu + ")\n\n![](" + menu + ")\n[gone](" + none + ")\n\n<img src=" + strings.Replace(photo, ".jpg", "-77.jpg", 1) + " style=x>\n\n![](/media/x)",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []render.Note{
		{Line: 3, Sentence: "Readers do not see the upload " + menu + ", because it is not a picture. Link to it instead."},
		{Line: 4, Sentence: "There is no upload " + none + ". Upload the file again, or remove its address."},
		{Line: 6, Sentence: "The attribute style of <img> is removed, because a post cannot have it."},
		{Line: 6, Sentence: "There is no upload " + strings.Replace(photo, ".jpg", "-77.jpg", 1) + ". Upload the file again, or remove its address."},
		{Line: 8, Sentence: "There is no upload /media/x. Upload the file again, or remove its address."},
	}
	if diff := cmp.Diff(want, saved.Notes); diff != "" {
		t.Errorf("the notes (-want +got):\n%s", diff)
	}
	for number := range 700 {
		none += "\n\n![](/media/" + strings.Repeat("b", 24) + string([]byte{'a' + byte(number/26%26), 'a' + byte(number%26)}) + ".jpg)"
	}
	saved, err = store.Save(t.Context(), pool, post.SaveRequest{Now: now, Document: post.Document{Title: "Many", Content: none}})
	if err != nil || len(saved.Notes) != 20 {
		t.Errorf("%d notes about 700 missing uploads, %v", len(saved.Notes), err)
	}
}
