package post_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// newBlog returns a pool with the role of the blog, and a Store for the schema of one tenant, whose name requires quoting.
func newBlog(t *testing.T) (*pgxpool.Pool, post.Store) {
	t.Helper()
	_, pool, store := newDatabase(t)
	return pool, store
}

// newDatabase is newBlog that also returns the database.
func newDatabase(t *testing.T) (*postgrestest.Database, *pgxpool.Pool, post.Store) {
	t.Helper()
	database := tenancytest.NewDatabase(t)
	err := tenancytest.Open(t, database, tenancy.Options{}).Create(t.Context(), tenancy.Spec{
		Name: "order", SchemaName: "order", DisplayName: "Order", PrimaryHost: "order.example.com", PaidUntil: now, SuspendAt: now,
	}, tenancy.CreateOptions{}, now)
	if err != nil {
		t.Fatal(err)
	}
	return database, connect(t, database.BlogURI), post.NewStore("order")
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

func save(t *testing.T, pool *pgxpool.Pool, store post.Store, document post.Document, at time.Time) post.Outcome {
	t.Helper()
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Overwrite: true, Now: at})
	if err != nil {
		t.Fatalf("save %s: %v", document.Slug, err)
	}
	return saved.Outcome
}

func TestSaveAgain(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	document := post.Document{Title: "Title", Slug: "title", Author: "Alice", Content: "Text."}

	if got := save(t, pool, store, document, now); got != post.Created {
		t.Errorf("first: %s", got)
	}
	if got := save(t, pool, store, document, now.Add(time.Minute)); got != post.Unchanged {
		t.Errorf("the same again: %s", got)
	}
	document.Content = "Other *text*."
	if got := save(t, pool, store, document, now.Add(time.Hour)); got != post.Updated {
		t.Errorf("other content: %s", got)
	}

	got, err := store.BySlug(t.Context(), pool, now.Add(time.Hour), "title", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	want := post.Post{
		Entry: post.Entry{Slug: "title", Title: "Title", Author: "Alice", Summary: "Other text.", Direction: "ltr", PublishedAt: now, Tags: []string{}, ContentBytes: 13},
		ID:    got.ID, HTML: "<p>Other <em>text</em>.</p>\n", HTMLBytes: 28, CreatedAt: now, UpdatedAt: now.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
}

// A retry finds the post that the first try has saved, although PostgreSQL keeps microseconds only.
func TestRetryWithAPreciseDate(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	request := post.SaveRequest{
		Document: post.Document{Title: "Title", Slug: "title", Date: now.AddDate(0, 0, -1).Add(123456789)}, Now: now,
	}
	for _, want := range []post.Outcome{post.Created, post.Unchanged} {
		if saved, err := store.Save(t.Context(), pool, request); err != nil || saved.Outcome != want {
			t.Errorf("%s, %v instead of %s", saved.Outcome, err, want)
		}
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
	save(t, pool, store, post.Document{Title: "Today", Slug: "today"}, now)
	save(t, pool, store, post.Document{Title: "Old", Slug: "old", Date: past}, now)
	save(t, pool, store, post.Document{Title: "Soon", Slug: "soon", Date: future}, now)
	save(t, pool, store, post.Document{Title: "Draft", Slug: "draft", Draft: true}, now)
	want(now, "today", "old")
	want(future, "soon", "today", "old")
	for _, slug := range []string{"soon", "draft", "none"} {
		if _, err := store.BySlug(t.Context(), pool, now, slug, 1<<20); !errors.Is(err, post.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", slug, err)
		}
	}

	later := now.Add(time.Hour)
	save(t, pool, store, post.Document{Title: "Draft", Slug: "draft"}, later)
	want(later, "draft", "today", "old")
	save(t, pool, store, post.Document{Title: "Old is new", Slug: "old"}, later)
	want(later, "draft", "today", "old") // it keeps its date
	save(t, pool, store, post.Document{Title: "Today", Slug: "today", Draft: true}, later)
	want(later, "draft", "old")
	save(t, pool, store, post.Document{Title: "Old is new", Slug: "old", Date: later.Add(time.Minute)}, later)
	want(later.Add(time.Minute), "old", "draft")

	old, err := store.Latest(t.Context(), pool, later.Add(time.Minute), 1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(old) != 1 || !old[0].CreatedAt.Equal(past) {
		t.Errorf("the old post: %+v, want it created on %s", old, past)
	}
}

// A draft keeps the date of its publication, or the one that its author gave, until the author changes it.
func TestDraftsKeepDates(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	first, given, other := now.AddDate(-5, 0, 0), now.AddDate(-3, 0, 0), now.AddDate(-2, 0, 0)
	at := now
	step := func(document post.Document, undated bool, want time.Time) {
		t.Helper()
		document.Title = "Title"
		base := post.Version{}
		if stored, err := store.Find(t.Context(), pool, document.Slug); err == nil {
			base = stored.Version
		}
		at = at.Add(time.Minute)
		request := post.SaveRequest{Document: document, Base: base, Undated: undated, Now: at}
		for range 2 { // the same again, as after a lost response, changes nothing
			if _, err := store.Save(t.Context(), pool, request); err != nil {
				t.Fatalf("save %+v: %v", document, err)
			}
		}
		got, err := store.Find(t.Context(), pool, document.Slug)
		if err != nil || got.Draft != document.Draft || !got.Date.Equal(want) {
			t.Errorf("after %+v: %+v, %v; want the date %s", document, got, err, want)
		}
		_, err = store.BySlug(t.Context(), pool, at, document.Slug, 0)
		if visible := err == nil; visible == document.Draft {
			t.Errorf("after %+v, readers get %v", document, err)
		}
	}
	step(post.Document{Slug: "old", Date: first}, false, first)
	step(post.Document{Slug: "old", Draft: true}, false, first)
	step(post.Document{Slug: "old", Draft: true, Content: "Changed."}, false, first)
	step(post.Document{Slug: "old", Content: "Changed."}, false, first)
	step(post.Document{Slug: "old", Content: "Changed.", Draft: true, Date: other}, false, other)
	step(post.Document{Slug: "old", Content: "Changed."}, false, other)

	step(post.Document{Slug: "given", Draft: true, Date: given}, false, given)
	step(post.Document{Slug: "given"}, false, given)

	step(post.Document{Slug: "fresh", Draft: true}, false, time.Time{})
	step(post.Document{Slug: "fresh", Draft: true, Date: given}, false, given)
	step(post.Document{Slug: "fresh", Draft: true}, true, time.Time{})
	step(post.Document{Slug: "fresh"}, true, at.Add(time.Minute))
}

// Writers that save a new post under the same slug at the same time overwrite each other.
func TestConcurrentOverwrites(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			document := post.Document{Title: "Title", Slug: "title", Content: fmt.Sprint(i)}
			if _, err := store.Save(context.Background(), pool, post.SaveRequest{Document: document, Overwrite: true, Now: now}); err != nil {
				t.Errorf("Save: %v", err)
			}
		})
	}
	group.Wait()
}

// Of two writers that save the same new post at the same time, one adds it, and the other succeeds as well.
func TestSavedAtTheSameTime(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "First"}, now) // the record of the first post makes writers wait for one another
	request := post.SaveRequest{Document: post.Document{Title: "Title", Content: "Text."}, Now: now}
	first, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if saved, err := store.Save(t.Context(), first, request); err != nil || saved.Outcome != post.Created {
		t.Fatalf("the first: %v, %v", saved, err)
	}
	var second sync.WaitGroup
	second.Go(func() {
		if saved, err := store.Save(context.Background(), pool, request); err != nil || saved.Outcome != post.Unchanged {
			t.Errorf("the second: %v, %v", saved, err)
		}
	})
	for waits := false; !waits && !t.Failed(); {
		err := pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Wait()
}

func TestFirstPostIsRecorded(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Now: now}); err == nil {
		t.Error("an empty post was saved")
	}
	first := now.Add(time.Minute)
	for i := range 2 {
		save(t, pool, store, post.Document{Title: "Title", Content: fmt.Sprint(i)}, first.Add(time.Duration(i)*time.Minute))
	}
	var recorded time.Time
	err := pool.QueryRow(t.Context(), `SELECT f.at FROM public.first_posts f JOIN public.tenants t ON t.id = f.tenant_id WHERE t.name = 'order'`).Scan(&recorded)
	if err != nil || !recorded.Equal(first) {
		t.Errorf("the first post is recorded at %s, %v; want %s", recorded, err, first)
	}
}

// A title that repeats gives a numbered address; saving the same post again does not.
func TestNumberedSlugs(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	add := func(title, content string) string {
		t.Helper()
		saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: title, Content: content}, Numbered: true, Now: now})
		if err != nil {
			t.Fatalf("save %q: %v", title, err)
		}
		return saved.Slug
	}
	var got []string
	long := strings.Repeat("a", 100)
	for _, post := range [][2]string{{"Title", "1"}, {"Title", "2"}, {"Title", "2"}, {"Title", "3"}, {"Title", "1"}, {"Title 2", "4"}, {long, "1"}, {long, "2"}} {
		got = append(got, add(post[0], post[1]))
	}
	want := []string{"title", "title-2", "title-2", "title-3", "title", "title-2-2", long, long + "-2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("slugs (-want +got):\n%s", diff)
	}
	for i := 4; i <= 50; i++ {
		add("Title", strconv.Itoa(i))
	}
	_, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Title", Content: "51"}, Numbered: true, Now: now})
	if !errors.Is(err, post.ErrSlugTaken) {
		t.Errorf("the 51st post of a title: %v", err)
	}
}
