package post_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// contents returns the content of the revisions of a post, the newest first.
func contents(t *testing.T, pool *pgxpool.Pool, store post.Store, id int64) (contents []string) {
	t.Helper()
	revisions, err := store.ListRevisions(t.Context(), pool, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, revision := range revisions {
		document, err := store.FindRevision(t.Context(), pool, id, revision.SavedAt)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, document.Content)
	}
	return contents
}

// writer saves one post again and again.
type writer struct {
	t        *testing.T
	pool     *pgxpool.Pool
	store    post.Store
	document post.Document
	base     post.Version
	at       time.Time
}

func newWriter(t *testing.T) *writer {
	t.Helper()
	pool, store := newBlog(t)
	return &writer{t: t, pool: pool, store: store, document: post.Document{Title: "T", Draft: true}, at: now}
}

func (w *writer) save(after time.Duration, content string, autosave bool) {
	w.t.Helper()
	w.at = w.at.Add(after)
	w.document.Content = content
	saved, err := w.store.Save(w.t.Context(), w.pool, post.SaveRequest{Document: w.document, Base: w.base, Autosave: autosave, Now: w.at})
	if err != nil {
		w.t.Fatalf("save %q: %v", content, err)
	}
	w.base = saved.Version
}

func (w *writer) want(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, contents(w.t, w.pool, w.store, w.base.ID)); diff != "" {
		w.t.Errorf("revisions (-want +got):\n%s", diff)
	}
}

// What the editor saves by itself is kept every ten minutes, and what its author saves always.
func TestAutosavesReplaceOneAnother(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	w.save(0, "some longer text a", true)
	w.save(time.Minute, "some longer text ab", true) // keeps the first
	for range 6 {                                    // until ten minutes after it
		w.save(time.Minute, w.document.Content+"c", true)
	}
	w.want("some longer text a")
	w.save(5*time.Minute, "some longer text d", true)
	w.save(time.Minute, "some longer text e", true) // replaces d, which was saved after ten minutes
	w.want("some longer text d", "some longer text a")
	w.save(time.Second, "some longer text f", false) // the author replaces e
	w.want("some longer text e", "some longer text d", "some longer text a")
	w.save(time.Second, "some longer text g", true) // and the editor what the author saved
	w.want("some longer text f", "some longer text e", "some longer text d", "some longer text a")
	w.save(time.Second, "some longer text h", true)
	w.save(time.Second, "some longer text h", false) // the author confirms what the editor saved
	w.save(time.Second, "some longer text i", true)
	w.want("some longer text h", "some longer text f", "some longer text e", "some longer text d", "some longer text a")
	w.save(time.Second, "t", true) // most of the text is gone
	w.want("some longer text i", "some longer text h", "some longer text f", "some longer text e", "some longer text d", "some longer text a")
}

func TestNoRevisionWithoutOtherWords(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	w.save(0, "Text", false)
	w.document.Draft, w.document.Slug = false, "other"
	w.save(time.Minute, "Text", false)
	w.document.Pinned, w.document.Unlisted = true, true
	w.save(time.Minute, "Text", false)
	w.want()
}

func TestRevisionsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	for i := range post.MaxRevisions + 10 {
		w.save(time.Minute, fmt.Sprint(i), false)
	}
	kept := contents(t, w.pool, w.store, w.base.ID)
	if len(kept) != post.MaxRevisions || kept[0] != fmt.Sprint(post.MaxRevisions+8) {
		t.Errorf("%d revisions are kept, the newest is %s", len(kept), kept[0])
	}
	large := strings.Repeat("word ", 1<<20/5)
	for i := range 12 {
		w.save(time.Minute, fmt.Sprint(i, large[:len(large)-10]), false)
	}
	revisions, err := w.store.ListRevisions(t.Context(), w.pool, w.base.ID)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, revision := range revisions {
		size += revision.Size
	}
	if size > post.MaxRevisionBytes || len(revisions) != 7 {
		t.Errorf("%d large revisions of %d bytes are kept", len(revisions), size)
	}
}

func TestRestoreRevision(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	first := complete["a pinned post"]
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: first, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	second := post.Document{Title: "Other", Slug: "other", Content: "Other.", Unlisted: true, Date: now}
	renamed, err := store.Save(t.Context(), pool, post.SaveRequest{Document: second, Base: saved.Version, Now: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	restore := post.SaveRequest{Base: renamed.Version, Now: now.Add(2 * time.Hour)}
	for _, want := range []post.Outcome{post.Updated, post.Unchanged} { // a retry changes nothing
		if restored, err := store.RestoreRevision(t.Context(), pool, saved.Version.UpdatedAt, restore); err != nil || restored.Outcome != want {
			t.Fatalf("restored: %+v, %v; want %s", restored, err, want)
		}
	}
	source, err := store.FindByID(t.Context(), pool, saved.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := second.WithWordsOf(first)
	want.OldSlugs = []string{"ancient", "старый", "title"}
	if diff := cmp.Diff(want, source.Document); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
	if got := contents(t, pool, store, saved.Version.ID); !slices.Equal(got, []string{"Other.", "Text."}) {
		t.Errorf("the revisions are %q", got)
	}
	if _, err := store.RestoreRevision(t.Context(), pool, now.AddDate(1, 0, 0), restore); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("a revision that does not exist: %v", err)
	}
	restore.Base.ID++
	if _, err := store.RestoreRevision(t.Context(), pool, saved.Version.UpdatedAt, restore); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("a post that does not exist: %v", err)
	}
}

// Each change has a later version, even if the clock was set back.
func TestClockIsSetBack(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	w.save(0, "first", false)
	for i, step := range []time.Duration{-time.Hour, 0, -time.Minute} {
		before := w.base
		w.save(step, fmt.Sprint("later ", i), false)
		if !w.base.UpdatedAt.After(before.UpdatedAt) {
			t.Errorf("the version %s follows %s", w.base.UpdatedAt, before.UpdatedAt)
		}
	}
	w.want("later 1", "later 0", "first")
}
