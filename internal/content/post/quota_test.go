package post_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "First", Slug: "first", Content: strings.Repeat("a", 100)}, now)
	first, err := store.Find(t.Context(), pool, "first")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		document post.Document
		base     post.Version
		quota    post.Quota
		want     string // empty: it is saved
	}{
		"an invalid document":    {document: post.Document{Title: "T", Slug: "no/slug"}, want: `"no/slug" is not a valid address. Use lowercase letters, digits and single hyphens, such as my-first-post.`},
		"a title nobody sees":    {document: post.Document{Title: "\u200b\u202e\u3164", Slug: "unseen"}, want: "This post is empty. Write a title or some text before you publish it."},
		"too many posts":         {document: post.Document{Title: "T", Slug: "second"}, quota: post.Quota{MaxPosts: new(int64(1))}, want: "This blog has reached its limit of 1 posts. Delete a post, or contact support for a higher limit."},
		"an edit of the last":    {document: first.Document, base: first.Version, quota: post.Quota{MaxPosts: new(int64(1))}},
		"too many bytes":         {document: post.Document{Title: "T", Slug: "second", Content: strings.Repeat("a", 500)}, quota: post.Quota{MaxStorageBytes: new(int64(1000))}, want: "With this post, the blog would use 1216 bytes; its limit is 1000. Shorten posts, delete files, or empty the trash; or contact support for a higher limit."},
		"an edit with too many":  {document: post.Document{Title: "First", Slug: "first", Content: strings.Repeat("a", 400)}, base: first.Version, quota: post.Quota{MaxStorageBytes: new(int64(800))}, want: "With this post, the blog would use 808 bytes; its limit is 800. Shorten posts, delete files, or empty the trash; or contact support for a higher limit."},
		"HTML that is too large": {document: post.Document{Title: "T", Slug: "second", Content: "`" + strings.Repeat(`"`, post.MaxContentBytes-2) + "`"}, want: "The content becomes more than 4 MB of HTML. Split it into two posts."},
		"too much markup":        {document: post.Document{Title: "T", Slug: "second", Content: strings.Repeat("a|", 1000) + "\n" + strings.Repeat("-|", 1000) + strings.Repeat("\na", 1000)}, want: "The content has too much markup, such as very large tables or lists. Split it into two posts."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Save(t.Context(), pool, post.SaveRequest{Document: test.document, Base: test.base, Quota: test.quota, Now: now})
			var (
				invalid *post.InvalidError
				full    *post.QuotaError
				got     string
			)
			switch {
			case errors.As(err, &invalid):
				got = invalid.Error()
			case errors.As(err, &full):
				got = full.Error()
			case err != nil:
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("Save: %q\nwant %q", got, test.want)
			}
		})
	}
}

// Without the lock, concurrent writers would all find room for the last post.
func TestQuotaOfConcurrentWriters(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	quota := post.Quota{MaxPosts: new(int64(3))}
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			document := post.Document{Title: "T", Slug: fmt.Sprintf("post-%d", i)}
			_, err := store.Save(context.Background(), pool, post.SaveRequest{Document: document, Quota: quota, Now: now})
			if _, ok := errors.AsType[*post.QuotaError](err); err != nil && !ok {
				t.Errorf("Save: %v", err)
			}
		})
	}
	group.Wait()
	entries, err := store.List(t.Context(), pool, now, 20, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Errorf("%d posts were saved, want 3", len(entries))
	}
}
