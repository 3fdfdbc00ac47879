package post_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func TestSaveVersions(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for _, slug := range []string{"first", "second"} {
		save(t, pool, store, post.Document{Title: slug, Slug: slug, Content: "a"}, now)
	}
	first, err := store.Find(t.Context(), pool, "first")
	if err != nil {
		t.Fatal(err)
	}
	stale := post.Version{ID: first.ID, UpdatedAt: now.Add(-time.Second)}
	edited := post.Document{Title: "Edited", Slug: "first", Content: "b"}
	tests := map[string]struct {
		base     post.Version
		document post.Document
		want     error // nil: Save reports that nothing changed
	}{
		"an old version":              {stale, edited, post.ErrChanged},
		"the stored document, again":  {stale, first.Document, nil},
		"the current version":         {first.Version, first.Document, nil},
		"a deleted post":              {post.Version{ID: 99, UpdatedAt: now}, edited, post.ErrNotFound},
		"the slug of another post":    {first.Version, post.Document{Title: "Edited", Slug: "second"}, post.ErrSlugTaken},
		"a new post, slug taken":      {post.Version{}, post.Document{Title: "New", Slug: "second"}, post.ErrSlugTaken},
		"a new post, stored already":  {post.Version{}, first.Document, nil},
		"a new post, another date":    {post.Version{}, post.Document{Title: "first", Slug: "first", Content: "a", Date: now.AddDate(1, 0, 0)}, post.ErrSlugTaken},
		"a new post, as it is stored": {post.Version{}, post.Document{Title: " first ", Content: "\r\na\r\n"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: test.document, Base: test.base, Now: now.Add(time.Minute)})
			if !errors.Is(err, test.want) || test.want == nil && saved.Outcome != post.Unchanged {
				t.Errorf("Save: %v, %v; want %v", saved, err, test.want)
			}
		})
	}
	left, err := store.Find(t.Context(), pool, "first")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, left, cmpopts.IgnoreUnexported(post.Source{})); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
}

// Of several writers with the same version, one succeeds, and the others get ErrChanged.
func TestConcurrentEdits(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "Title", Slug: "title"}, now)
	source, err := store.Find(t.Context(), pool, "title")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var stored, conflicts atomic.Int32
	for i := range 12 {
		group.Go(func() {
			document := post.Document{Title: "Title", Slug: "title", Content: fmt.Sprint(i)}
			request := post.SaveRequest{Document: document, Base: source.Version, Now: now.Add(time.Minute)}
			switch _, err := store.Save(context.Background(), pool, request); {
			case err == nil:
				stored.Add(1)
			case errors.Is(err, post.ErrChanged):
				conflicts.Add(1)
			default:
				t.Errorf("Save: %v", err)
			}
		})
	}
	group.Wait()
	if stored.Load() != 1 || conflicts.Load() != 11 {
		t.Errorf("%d edits were stored and %d were conflicts, want 1 and 11", stored.Load(), conflicts.Load())
	}
}
