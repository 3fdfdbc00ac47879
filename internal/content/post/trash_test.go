package post_test

import (
	"errors"
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
