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

// Files, revisions and pending changes count, and the oldest revisions make way for posts.
func TestWhatIsMeasured(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	text := func(c string, n int) string { return strings.Repeat(c, n) }
	first, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "T", Content: text("a", 100)}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	version := first.Version
	for _, c := range []string{"b", "c"} {
		r := post.SaveRequest{Document: post.Document{Title: "T", Content: text(c, 100)}, Base: version, Now: now}
		saved, err := store.Save(t.Context(), pool, r)
		if err != nil {
			t.Fatal(err)
		}
		version = saved.Version
	}
	if _, err := pool.Exec(t.Context(), `INSERT INTO "order".media (id, name, type, size, width, height, alt, created_at, variants, hash)
		VALUES ('a', 'a.jpg', 'image/jpeg', 8000, 640, 480, '', $1, '[{"size": 1500}, {"size": 500}]', '')`, now); err != nil {
		t.Fatal(err)
	}
	used, err := store.Usage(t.Context(), pool)
	if err != nil || used.Posts != 1 || used.PostBytes != 100+108 || used.RevisionBytes < 300 || used.RevisionBytes > 500 || used.MediaBytes != 10_000 {
		t.Fatalf("the blog uses %+v, %v", used, err)
	}
	pending, err := store.Save(t.Context(), pool, post.SaveRequest{
		Document: post.Document{Title: "T", Content: text("d", 100)}, Base: version, Unpublished: true, Now: now, Quota: post.Quota{MaxStorageBytes: new(used.Bytes() + 1000)},
	})
	if err != nil {
		t.Fatal(err)
	}
	withPending, err := store.Usage(t.Context(), pool)
	if err != nil || withPending.PostBytes < used.PostBytes+208 || withPending.RevisionBytes != used.RevisionBytes {
		t.Errorf("with pending changes, the blog uses %+v, %v", withPending, err)
	}

	// Without room for revisions, they go, the oldest first.
	quota := post.Quota{MaxStorageBytes: new(int64(10_000 + 208 + 1008 + 200))}
	large := post.SaveRequest{Document: post.Document{Title: "Large", Content: text("e", 500)}, Quota: quota, Now: now}
	if _, err := store.Save(t.Context(), pool, large); err == nil {
		t.Fatal("saved beyond the limit")
	} else if full, ok := errors.AsType[*post.QuotaError](err); !ok || full.Used != 10_000+withPending.PostBytes+1008 {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := store.DiscardPending(t.Context(), pool, pending.Version, now); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Save(t.Context(), pool, large); err != nil {
		t.Fatalf("with room if revisions go: %v", err)
	}
	after, err := store.Usage(t.Context(), pool)
	if err != nil || after.Bytes() > *quota.MaxStorageBytes || after.PostBytes != 208+1008 {
		t.Errorf("then the blog uses %+v, %v", after, err)
	}
	if got := contents(t, pool, store, first.Version.ID); len(got) != 1 || got[0] != text("d", 100) {
		t.Errorf("the revisions are %q, want the newest", got)
	}
}

// Posts in the trash count by their bytes alone.
func TestTrashAndQuota(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	quota := post.Quota{MaxPosts: new(int64(1))}
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "One"}, Quota: quota, Now: now}); err != nil {
		t.Fatal(err)
	}
	deleted := remove(t, pool, store, "one")
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Two"}, Quota: quota, Now: now}); err != nil {
		t.Errorf("a post in the trash counts: %v", err)
	}
	if _, err := store.Restore(t.Context(), pool, deleted.ID, quota, now); err == nil {
		t.Error("restored beyond the limit")
	} else if _, ok := errors.AsType[*post.QuotaError](err); !ok {
		t.Errorf("restored beyond the limit: %v", err)
	}
}
