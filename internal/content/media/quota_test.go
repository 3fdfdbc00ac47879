package media_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
)

// Posts and uploads that are stored at the same time cannot exceed the storage limit together, nor when a post is saved while an upload
// runs.
func TestPostsAndUploadsWithinTheLimit(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	posts := post.NewStore("order")
	const size = 10_000
	for round := range 8 {
		used, err := posts.Usage(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		limit := used.Bytes() + 3*size + size/2 // of ten
		limits := media.Limits{MaxStorageBytes: &limit, OtherBytes: posts.BytesWithoutMedia}
		var group sync.WaitGroup
		var stored atomic.Int32
		for i := range 5 {
			group.Go(func() {
				document := post.Document{Slug: fmt.Sprintf("post-%d-%d", round, i), Title: "T", Content: strings.Repeat("a", size/2)}
				_, err := posts.Save(context.Background(), pool, post.SaveRequest{Document: document, Quota: post.Quota{MaxStorageBytes: &limit}, Now: now})
				if _, full := errors.AsType[*post.QuotaError](err); err != nil && !full {
					t.Errorf("Save: %v", err)
				}
				if err == nil {
					stored.Add(1)
				}
			})
			group.Go(func() {
				id := fmt.Sprintf("%d-%d", round, i)
				err := store.Begin(context.Background(), media.Draft{ID: id, Size: size, Now: now}, limits)
				if err == nil {
					_, err = store.Complete(context.Background(), media.File{ID: id, Size: size, Hash: []byte(id)}, false, limits, now)
				}
				if _, full := errors.AsType[*media.QuotaError](err); err != nil && !full {
					t.Errorf("upload: %v", err)
				}
				if err == nil {
					stored.Add(1)
				}
			})
		}
		group.Wait()
		if used, err = posts.Usage(t.Context(), pool); err != nil || used.Bytes() > limit || stored.Load() != 3 {
			t.Errorf("%d were stored, and %d of %d bytes are used, %v", stored.Load(), used.Bytes(), limit, err)
		}
	}
	// The smaller sizes of a picture may be larger than what was reserved: what was saved meanwhile counts.
	used, err := posts.Usage(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	limit := used.Bytes() + 3*size
	limits := media.Limits{MaxStorageBytes: &limit, OtherBytes: posts.BytesWithoutMedia}
	if err := store.Begin(t.Context(), media.Draft{ID: "late", Size: size, Now: now}, limits); err != nil {
		t.Fatal(err)
	}
	document := post.Document{Title: "Meanwhile", Content: strings.Repeat("a", size*9/10)}
	if _, err := posts.Save(t.Context(), pool, post.SaveRequest{Document: document, Quota: post.Quota{MaxStorageBytes: &limit}, Now: now}); err != nil {
		t.Fatal(err)
	}
	late := media.File{ID: "late", Size: size, Hash: []byte("late"), Variants: []media.Variant{{Width: 480, Size: size / 2}}}
	_, err = store.Complete(t.Context(), late, false, limits, now)
	if _, full := errors.AsType[*media.QuotaError](err); !full {
		t.Errorf("an upload is completed beyond the limit: %v", err)
	}
}
