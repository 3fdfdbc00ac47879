package posts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/posts"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/schema"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// newBlog returns connections of the blog's role to a database with the schema of one tenant. The schema's name wants
// quoting.
func newBlog(t *testing.T) (*pgxpool.Pool, *posts.Store) {
	t.Helper()
	database := postgrestest.New(t)
	operator := connect(t, database.OperatorURI)
	schemas, err := schema.NewStore(operator, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := schemas.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = schemas.Create(t.Context(), registry.Spec{
		Name: "order", SchemaName: "order", DisplayName: "Order", PrimaryHost: "order.example.com", PaidUntil: now, SuspendAt: now,
	}, schema.CreateOptions{}, now)
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, database.BlogURI), posts.NewStore("order")
}

func connect(t *testing.T, uri string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func save(t *testing.T, pool *pgxpool.Pool, store *posts.Store, document posts.Document, at time.Time) posts.Outcome {
	t.Helper()
	outcome, err := store.Save(t.Context(), pool, document, posts.Limits{}, at)
	if err != nil {
		t.Fatalf("save %s: %v", document.Slug, err)
	}
	return outcome
}

func TestSaveAgain(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	document := posts.Document{Title: "Title", Slug: "title", Author: "Alice", Content: "Text."}

	if got := save(t, pool, store, document, now); got != posts.Created {
		t.Errorf("first: %s", got)
	}
	if got := save(t, pool, store, document, now.Add(time.Minute)); got != posts.Unchanged {
		t.Errorf("the same once more: %s", got)
	}
	document.Content = "Other *text*."
	if got := save(t, pool, store, document, now.Add(time.Hour)); got != posts.Updated {
		t.Errorf("another content: %s", got)
	}

	got, err := store.BySlug(t.Context(), pool, now.Add(time.Hour), "title")
	if err != nil {
		t.Fatal(err)
	}
	want := posts.Post{
		Entry: posts.Entry{Slug: "title", Title: "Title", Author: "Alice", Summary: "Other text.", PublishedAt: now},
		ID:    got.ID, HTML: "<p>Other <em>text</em>.</p>\n", CreatedAt: now, UpdatedAt: now.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
}

func TestSaveDates(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	past, future := now.AddDate(-3, 0, 0), now.AddDate(0, 0, 1)
	visible := func(at time.Time) []string {
		t.Helper()
		entries, err := store.List(t.Context(), pool, at, 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		slugs := []string{}
		for _, e := range entries {
			slugs = append(slugs, e.Slug)
		}
		return slugs
	}
	want := func(at time.Time, slugs ...string) {
		t.Helper()
		if diff := cmp.Diff(slugs, visible(at)); diff != "" {
			t.Errorf("visible at %s (-want +got):\n%s", at, diff)
		}
	}
	save(t, pool, store, posts.Document{Title: "Today", Slug: "today"}, now)
	save(t, pool, store, posts.Document{Title: "Old", Slug: "old", Date: past}, now)
	save(t, pool, store, posts.Document{Title: "Soon", Slug: "soon", Date: future}, now)
	save(t, pool, store, posts.Document{Title: "Draft", Slug: "draft", Draft: true}, now)
	want(now, "today", "old")
	want(future, "soon", "today", "old")
	for _, slug := range []string{"soon", "draft", "none"} {
		if _, err := store.BySlug(t.Context(), pool, now, slug); !errors.Is(err, posts.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", slug, err)
		}
	}

	later := now.Add(time.Hour)
	save(t, pool, store, posts.Document{Title: "Draft", Slug: "draft"}, later)
	want(later, "draft", "today", "old")
	save(t, pool, store, posts.Document{Title: "Old is new", Slug: "old"}, later)
	want(later, "draft", "today", "old") // it keeps its date
	save(t, pool, store, posts.Document{Title: "Today", Slug: "today", Draft: true}, later)
	want(later, "draft", "old")
	save(t, pool, store, posts.Document{Title: "Old is new", Slug: "old", Date: later.Add(time.Minute)}, later)
	want(later.Add(time.Minute), "old", "draft")

	old, err := store.Latest(t.Context(), pool, later.Add(time.Minute), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(old) != 1 || !old[0].CreatedAt.Equal(past) {
		t.Errorf("the old post: %+v, want it created on %s", old, past)
	}
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, posts.Document{Title: "First", Slug: "first", Content: strings.Repeat("a", 100)}, now)
	tests := map[string]struct {
		document posts.Document
		limits   posts.Limits
		want     string // empty: it is saved
	}{
		"a document that is not valid": {posts.Document{Title: "T", Slug: "No slug"}, posts.Limits{}, "cannot be part of an address"},
		"one post too many":            {posts.Document{Title: "T", Slug: "second"}, posts.Limits{MaxPosts: new(int64(1))}, "has reached its limit of posts, which is 1"},
		"the last post":                {posts.Document{Title: "First", Slug: "first"}, posts.Limits{MaxPosts: new(int64(1))}, ""},
		"too many bytes":               {posts.Document{Title: "T", Slug: "second", Content: strings.Repeat("a", 500)}, posts.Limits{MaxStorageBytes: new(int64(1000))}, "the blog would hold"},
		"HTML beyond all bounds":       {posts.Document{Title: "T", Slug: "second", Content: "`" + strings.Repeat(`"`, posts.MaxContentBytes-2) + "`"}, posts.Limits{}, "bytes of HTML"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Save(t.Context(), pool, test.document, test.limits, now)
			var invalid *posts.InvalidError
			switch {
			case test.want == "" && err != nil:
				t.Errorf("Save: %v", err)
			case test.want != "" && (!errors.As(err, &invalid) || !strings.Contains(invalid.Sentence, test.want)):
				t.Errorf("Save: %v, want a sentence with %q", err, test.want)
			}
		})
	}
}

// Without the lock, writers at the same time would all find room for the last post.
func TestLimitsHoldForWritersAtOnce(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	limits := posts.Limits{MaxPosts: new(int64(3))}
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			document := posts.Document{Title: "T", Slug: fmt.Sprintf("post-%d", i)}
			_, err := store.Save(context.Background(), pool, document, limits, now)
			if _, ok := errors.AsType[*posts.InvalidError](err); err != nil && !ok {
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
