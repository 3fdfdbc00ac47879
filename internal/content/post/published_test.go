package post_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/search"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// What readers find in lists, and what only under its address.
func TestWhatIsListed(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	hour := func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	for _, document := range []post.Document{
		{Title: "One", Date: hour(-5)}, {Title: "Two", Date: hour(-4), CanonicalURL: "https://example.org/two"},
		{Title: "Three", Date: hour(-6), Pinned: true}, {Title: "Four", Date: hour(-7), Pinned: true},
		{Title: "Unlisted", Date: hour(-1), Unlisted: true}, {Title: "A page", Date: hour(-1), Page: true, Position: 2}, {Title: "First page", Date: hour(-1), Page: true, Position: 1},
		{Title: "Draft", Draft: true, Date: hour(-1)}, {Title: "Draft page", Draft: true, Page: true},
		{Title: "Scheduled", Date: hour(1)}, {Title: "Scheduled unlisted", Date: hour(1), Unlisted: true}, {Title: "Scheduled pinned", Date: hour(1), Pinned: true},
		{Title: "Scheduled page", Date: hour(1), Page: true}, {Title: "Deleted", Date: hour(-1)},
	} {
		save(t, pool, store, document, now.Add(time.Duration(len(document.Title))*time.Second))
	}
	remove(t, pool, store, "deleted")

	want := func(what string, got []string, err error, want ...string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	entries, err := store.List(t.Context(), pool, now, 10, 0)
	want("the list", slugs(entries, func(e post.Entry) string { return e.Slug }), err, "three", "four", "two", "one")
	var pages []string
	for offset := range 5 {
		entries, err := store.List(t.Context(), pool, now, 1, offset)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, slugs(entries, func(e post.Entry) string { return e.Slug })...)
	}
	want("one on each page", pages, nil, "three", "four", "two", "one")
	latest, err := store.Latest(t.Context(), pool, now, 10, 1<<20)
	want("the feed", slugs(latest, func(p post.Post) string { return p.Slug }), err, "two", "one", "three", "four")
	navigation, err := store.ListPages(t.Context(), pool, now)
	want("the navigation", slugs(navigation, func(p post.PageLink) string { return p.Slug }), err, "first-page", "a-page")

	var found []string
	for _, slug := range []string{"one", "unlisted", "a-page", "draft", "draft-page", "scheduled", "scheduled-unlisted", "scheduled-page", "deleted"} {
		p, err := store.BySlug(t.Context(), pool, now, slug, 1<<20)
		switch {
		case err == nil:
			found = append(found, slug)
			if p.Unlisted != (slug == "unlisted") || p.Page != (slug == "a-page") {
				t.Errorf("%s: %+v", slug, p)
			}
		case !errors.Is(err, post.ErrNotFound):
			t.Errorf("%s: %v", slug, err)
		}
	}
	want("by their addresses", found, nil, "one", "unlisted", "a-page")

	// A moment later nothing else was written, and what was scheduled is there.
	entries, err = store.List(t.Context(), pool, hour(1), 10, 0)
	want("the list later", slugs(entries, func(e post.Entry) string { return e.Slug }), err, "scheduled-pinned", "three", "four", "scheduled", "two", "one")
	if _, err := store.BySlug(t.Context(), pool, hour(1), "scheduled-unlisted", 0); err != nil {
		t.Errorf("the unlisted one later: %v", err)
	}
}

func slugs[T any](list []T, slug func(T) string) []string {
	var slugs []string
	for _, item := range list {
		slugs = append(slugs, slug(item))
	}
	return slugs
}

// remove moves a post into the trash.
func remove(t *testing.T, pool *pgxpool.Pool, store post.Store, slug string) post.Version {
	t.Helper()
	source, err := store.Find(t.Context(), pool, slug)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), pool, source.Version, now); err != nil {
		t.Fatal(err)
	}
	return source.Version
}

// Each statement for readers reads a few rows by an index, whatever else the blog has.
func TestReadersUseIndexes(t *testing.T) {
	t.Parallel()
	database, pool, store := newDatabase(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO "order".posts (slug, title, author, content, html, summary, created_at, updated_at, published_at, tags, old_slugs)
		SELECT 'post-' || n, 'Post', '', repeat('text ', 200), repeat('text ', 200), 'text', $1, $1, $1::timestamptz - n * interval '1 hour', '{a}', ARRAY['old-' || n]
		FROM generate_series(1, 5000) n`, now)
	if err != nil {
		t.Fatal(err)
	}
	save(t, pool, store, post.Document{Title: "Pinned", Pinned: true}, now)
	save(t, pool, store, post.Document{Title: "A page", Page: true}, now)
	save(t, pool, store, post.Document{Title: "Rare", Tags: []string{"Rare"}, Date: now.AddDate(-1, 0, 0)}, now)
	if _, err := connect(t, database.OperatorURI).Exec(t.Context(), `ANALYZE "order".posts`); err != nil {
		t.Fatal(err)
	}
	tracer := &explainer{t: t}
	traced, err := postgres.NewPool(database.BlogURI, postgres.PoolOptions{Tracer: tracer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(traced.Close)
	ctx, most := t.Context(), map[string]float64{"the 1st page": 11, "the 20th page": 211, "Latest": 21, "BySlug": 1, "ListPages": 1, "a former slug": 1,
		"a rare tag": 1, "the feed of a rare tag": 1, "a frequent tag": 20, "a year": 11,
		"a rare word": 2, "a frequent word": 400, "a part of a text": post.MaxScanned, "older and newer": 4}
	find := func(query string) func() error {
		return func() error { _, err := store.Search(ctx, traced, now, search.Parse(query), 20); return err }
	}
	for what, read := range map[string]func() error{
		"the 1st page":     func() error { _, err := store.List(ctx, traced, now, 11, 0); return err },
		"the 20th page":    func() error { _, err := store.List(ctx, traced, now, 11, 200); return err },
		"Latest":           func() error { _, err := store.Latest(ctx, traced, now, 20, 1<<20); return err },
		"BySlug":           func() error { _, err := store.BySlug(ctx, traced, now, "post-7", 1<<20); return err },
		"ListPages":        func() error { _, err := store.ListPages(ctx, traced, now); return err },
		"a rare word":      find("rare"),
		"a frequent word":  find("text"),
		"a part of a text": find("京都"),
		"older and newer": func() error {
			batch := &postgres.Batch{}
			var beside post.Neighbors
			store.QueueNeighbors(batch, now, "post-7", &beside)
			err := traced.SendBatch(ctx, batch).Close()
			if err == nil && (beside.Older.Slug != "post-8" || beside.Newer.Slug != "post-6") {
				err = fmt.Errorf("got %+v", beside)
			}
			return err
		},
		"a rare tag":             func() error { _, _, err := store.ListTagged(ctx, traced, now, "rare", 11, 0); return err },
		"a frequent tag":         func() error { _, _, err := store.ListTagged(ctx, traced, now, "a", 11, 0); return err },
		"the feed of a rare tag": func() error { _, err := store.LatestTagged(ctx, traced, now, "rare", 20, 1<<20); return err },
		"a year": func() error {
			_, err := store.ListBetween(ctx, traced, now, now.AddDate(0, -3, 0), now.AddDate(0, -2, 0), 11, 0)
			return err
		},
		"a former slug": func() error {
			_, err := store.BySlug(ctx, traced, now, "old-7", 1<<20)
			if moved, ok := errors.AsType[*post.MovedError](err); !ok || moved.Slug != "post-7" {
				return fmt.Errorf("got %w", err)
			}
			return nil
		},
		"no post": func() error {
			if _, err := store.BySlug(ctx, traced, now, "none", 1<<20); !errors.Is(err, post.ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		},
	} {
		if err := read(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		statements := tracer.take()
		if len(statements) == 0 {
			t.Errorf("%s: no statement was seen", what)
		}
		for _, statement := range statements {
			var plan json.RawMessage
			if err := pool.QueryRow(ctx, `EXPLAIN (ANALYZE, FORMAT JSON) `+statement.SQL, statement.Args...).Scan(&plan); err != nil {
				t.Fatalf("%s: explain %s: %v", what, statement.SQL, err)
			}
			if rows := rowsRead(t, plan); rows > most[what] {
				t.Errorf("%s reads %.0f rows, at most %.0f are wanted: %s", what, rows, most[what], plan)
			}
		}
	}
}
