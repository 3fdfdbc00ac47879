package post_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "Title", Slug: "title", Draft: true}, now)
	before, err := store.Find(t.Context(), pool, "title")
	if err != nil {
		t.Fatal(err)
	}
	renamed := post.SaveRequest{Document: post.Document{Title: "Title", Slug: "renamed"}, Base: before.Version, Now: now.Add(time.Minute)}
	if _, err := store.Save(t.Context(), pool, renamed); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), pool, before.Version, now); !errors.Is(err, post.ErrChanged) {
		t.Errorf("delete an old version: %v", err)
	}
	after, err := store.FindByID(t.Context(), pool, before.ID)
	if err != nil || after.Slug != "renamed" || !after.Date.Equal(now.Add(time.Minute)) {
		t.Fatalf("the post is %+v, %v", after, err)
	}
	for range 2 { // a retry is not an error
		if err := store.Delete(t.Context(), pool, after.Version, now); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	if _, err := store.FindByID(t.Context(), pool, before.ID); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("read the deleted post: %v", err)
	}
}

func TestTrash(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	yesterday := now.AddDate(0, 0, -1)
	save(t, pool, store, post.Document{Title: "One", Content: "First.", Date: yesterday, Pinned: true}, now)
	first := remove(t, pool, store, "one")
	if _, err := store.Find(t.Context(), pool, "one"); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("find a deleted post: %v", err)
	}
	if items, err := store.ListFiltered(t.Context(), pool, now, post.Filter{}, 5, 0); err != nil || len(items) != 0 {
		t.Errorf("the list is %+v, %v", items, err)
	}
	if sources, err := store.ListSources(t.Context(), pool, 0, 5, 1000); err != nil || len(sources) != 0 {
		t.Errorf("the export has %+v, %v", sources, err)
	}
	edit := post.SaveRequest{Document: post.Document{Title: "One", Content: "Edited."}, Base: first, Now: now}
	if _, err := store.Save(t.Context(), pool, edit); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("save a deleted post: %v", err)
	}
	// Its address is free.
	save(t, pool, store, post.Document{Title: "One", Content: "Second.", Date: now}, now)
	items, err := store.ListTrash(t.Context(), pool, now, 5, 0)
	if err != nil || len(items) != 1 || items[0].Slug != "one" || items[0].Name() != "One" || !items[0].DeletedAt.Equal(now) {
		t.Fatalf("the trash has %+v, %v", items, err)
	}
	if slug, err := store.Restore(t.Context(), pool, first.ID, post.Quota{}, now); err != nil || slug != "one-2" {
		t.Fatalf("restored as %q, %v", slug, err)
	}
	restored, err := store.Find(t.Context(), pool, "one-2")
	if err != nil || !restored.Draft || !restored.Date.Equal(yesterday) || restored.Content != "First." || restored.Pinned || restored.ID != first.ID {
		t.Errorf("the restored post is %+v, %v", restored, err)
	}
	if _, err := store.Restore(t.Context(), pool, first.ID, post.Quota{}, now); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("restored again: %v", err)
	}
	if err := store.DeletePermanently(t.Context(), pool, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Find(t.Context(), pool, "one-2"); err != nil {
		t.Errorf("a post that is not in the trash was permanently deleted: %v", err)
	}
	remove(t, pool, store, "one-2")
	if err := store.DeletePermanently(t.Context(), pool, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), pool, first.ID, post.Quota{}, now); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("restored after it was permanently deleted: %v", err)
	}
}

// A former slug that another post has by now is not restored.
func TestRestoreWithFormerSlugs(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "One", OldSlugs: []string{"old", "older"}}, now)
	deleted := remove(t, pool, store, "one")
	save(t, pool, store, post.Document{Title: "Old"}, now)
	save(t, pool, store, post.Document{Title: "Two", OldSlugs: []string{"one"}}, now)
	if slug, err := store.Restore(t.Context(), pool, deleted.ID, post.Quota{}, now); err != nil || slug != "one-2" {
		t.Fatalf("restored as %q, %v", slug, err)
	}
	restored, err := store.FindByID(t.Context(), pool, deleted.ID)
	if err != nil || len(restored.OldSlugs) != 1 || restored.OldSlugs[0] != "older" {
		t.Errorf("the restored post is %+v, %v", restored, err)
	}
}

// Posts leave the trash after 30 days, whenever something is saved, with their revisions and no others.
func TestPurge(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for i := range 30 {
		save(t, pool, store, post.Document{Title: fmt.Sprintf("Post %d", i)}, now)
	}
	save(t, pool, store, post.Document{Title: "Post 1", Content: "Changed."}, now.Add(time.Minute))
	revised := remove(t, pool, store, "post-1")
	for i := 2; i < 26; i++ {
		remove(t, pool, store, fmt.Sprintf("post-%d", i))
	}
	count := func(table string) (n int) {
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM "order".`+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	later := now.Add(post.TrashRetention)
	if err := store.Purge(t.Context(), pool, later.Add(-time.Second)); err != nil || count("posts") != 30 || count("revisions") != 1 {
		t.Errorf("a second before: %d posts, %d revisions, %v", count("posts"), count("revisions"), err)
	}
	if items, err := store.ListTrash(t.Context(), pool, later, 50, 0); err != nil || len(items) != 0 {
		t.Errorf("the trash has %d posts, %v", len(items), err)
	}
	for _, want := range []int{10 + 1, 5 + 2} { // 20 at once, and the new one
		save(t, pool, store, post.Document{Title: fmt.Sprintf("New, of %d", want)}, later)
		if got := count("posts"); got != want {
			t.Errorf("%d posts are left, want %d", got, want)
		}
	}
	if revisions, err := store.ListRevisions(t.Context(), pool, revised.ID); err != nil || len(revisions) != 0 {
		t.Errorf("the revisions of a purged post: %v, %v", revisions, err)
	}
}

// The former version of the program shows a post in the trash as a draft, which can be published there.
func TestFormerVersionPublishesFromTheTrash(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "One"}, now)
	deleted := remove(t, pool, store, "one")
	if _, err := pool.Exec(t.Context(), `UPDATE "order".posts SET published_at = $1, draft_date = NULL, slug = 'again' WHERE id = $2`, now, deleted.ID); err != nil {
		t.Fatal(err)
	}
	later := now.Add(2 * post.TrashRetention)
	if err := store.Purge(t.Context(), pool, later); err != nil {
		t.Fatal(err)
	}
	if entries, err := store.List(t.Context(), pool, later, 5, 0); err != nil || len(entries) != 1 {
		t.Errorf("readers see %+v, %v", entries, err)
	}
	if items, err := store.ListFiltered(t.Context(), pool, now, post.Filter{}, 5, 0); err != nil || len(items) != 1 || items[0].State(later) != post.StatePublished {
		t.Errorf("the author sees %+v, %v", items, err)
	}
}
