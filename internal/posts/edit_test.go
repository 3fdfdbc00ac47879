package posts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/posts"
)

func TestEditRefuses(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for _, slug := range []string{"first", "second"} {
		save(t, pool, store, posts.Document{Title: slug, Slug: slug, Content: strings.Repeat("a", 100)}, now)
	}
	first, err := store.Find(t.Context(), pool, "first")
	if err != nil {
		t.Fatal(err)
	}
	stale := posts.Version{ID: first.ID, UpdatedAt: now.Add(-time.Second)}
	edited := posts.Document{Title: "Edited", Slug: "first", Content: "b"}
	tests := map[string]struct {
		from     posts.Version
		document posts.Document
		limits   posts.Limits
		want     error  // nil: it is stored, or refused with a sentence
		sentence string // empty: it is stored
	}{
		"a version that is not the last":       {stale, edited, posts.Limits{}, posts.ErrChanged, ""},
		"what it says already":                 {stale, first.Document, posts.Limits{}, nil, ""},
		"a post that is gone":                  {posts.Version{ID: 99, UpdatedAt: now}, edited, posts.Limits{}, posts.ErrNotFound, ""},
		"another's slug":                       {first.Version, posts.Document{Title: "Edited", Slug: "second"}, posts.Limits{}, posts.ErrSlugTaken, ""},
		"a new post under another's slug":      {posts.Version{}, posts.Document{Title: "New", Slug: "second"}, posts.Limits{}, posts.ErrSlugTaken, ""},
		"a new post that is stored already":    {posts.Version{}, first.Document, posts.Limits{}, nil, ""},
		"one post too many":                    {posts.Version{}, posts.Document{Title: "New", Slug: "third"}, posts.Limits{MaxPosts: new(int64(2))}, nil, "has reached its limit of posts, which is 2"},
		"more than it may hold":                {first.Version, posts.Document{Title: "Edited", Slug: "first", Content: strings.Repeat("a", 400)}, posts.Limits{MaxStorageBytes: new(int64(900))}, nil, "the blog would hold"},
		"a document that is not valid":         {first.Version, posts.Document{Title: "Edited", Slug: "No slug"}, posts.Limits{}, nil, "cannot be part of an address"},
		"a scheduled date that is not heeded":  {posts.Version{}, posts.Document{Title: "New", Slug: "dated", Date: now.AddDate(1, 0, 0)}, posts.Limits{}, nil, ""},
		"as many posts as there may be, again": {first.Version, first.Document, posts.Limits{MaxPosts: new(int64(1))}, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := store.Edit(t.Context(), pool, test.from, test.document, test.limits, now.Add(time.Minute))
			var invalid *posts.InvalidError
			switch {
			case test.sentence != "":
				if !errors.As(err, &invalid) || !strings.Contains(invalid.Sentence, test.sentence) {
					t.Errorf("Edit: %v, want a sentence with %q", err, test.sentence)
				}
			case !errors.Is(err, test.want):
				t.Errorf("Edit: %v, want %v", err, test.want)
			}
		})
	}
	left, err := store.Find(t.Context(), pool, "first")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, left); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
}

// Of those who began from the same version, one is heard, and the others are told.
func TestEditsAtOnce(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, posts.Document{Title: "Title", Slug: "title"}, now)
	source, err := store.Find(t.Context(), pool, "title")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var stored, refused atomic.Int32
	for i := range 12 {
		group.Go(func() {
			document := posts.Document{Title: "Title", Slug: "title", Content: fmt.Sprint(i)}
			switch _, err := store.Edit(context.Background(), pool, source.Version, document, posts.Limits{}, now.Add(time.Minute)); {
			case err == nil:
				stored.Add(1)
			case errors.Is(err, posts.ErrChanged):
				refused.Add(1)
			default:
				t.Errorf("Edit: %v", err)
			}
		})
	}
	group.Wait()
	if stored.Load() != 1 || refused.Load() != 11 {
		t.Errorf("%d were stored and %d refused, want 1 and 11", stored.Load(), refused.Load())
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, posts.Document{Title: "Title", Slug: "title", Draft: true}, now)
	before, err := store.Find(t.Context(), pool, "title")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Edit(t.Context(), pool, before.Version, posts.Document{Title: "Title", Slug: "renamed"}, posts.Limits{}, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), pool, before.Version); !errors.Is(err, posts.ErrChanged) {
		t.Errorf("a version that is not the last: %v", err)
	}
	after, err := store.ByID(t.Context(), pool, before.ID)
	if err != nil || after.Slug != "renamed" || !after.Date.Equal(now.Add(time.Minute)) {
		t.Fatalf("the post is %+v, %v", after, err)
	}
	for range 2 { // the second time after a lost answer
		if err := store.Delete(t.Context(), pool, after.Version); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	if _, err := store.ByID(t.Context(), pool, before.ID); !errors.Is(err, posts.ErrNotFound) {
		t.Errorf("the post is there: %v", err)
	}
}
