package post_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// A tenant with posts is migrated while the former blog reads and writes them. The former blog then runs on the new tables, beside the new one.
// Nothing fails, and every post keeps its address, its dates and its text.
func TestUpgradeUnderReadingAndWriting(t *testing.T) {
	t.Parallel()
	database := formerTenant(t)
	db := connect(t, database.BlogURI)
	former := formerBlog{db}
	fillFormer(t, db)
	before := formerColumns(t, db)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var group errgroup.Group
	var done [8]atomic.Int64 // rounds of each worker
	work := func(worker int, round func(number int) error) {
		group.Go(func() error {
			for number := 1; ctx.Err() == nil; number++ {
				if err := round(number); err != nil {
					stop()
					return fmt.Errorf("round %d of worker %d: %w", number, worker, err)
				}
				done[worker].Add(1)
			}
			return nil
		})
	}
	for worker := range 2 {
		work(worker, func(number int) error {
			return former.read(t.Context(), fmt.Sprintf("post-%d", 10*(number%30)), 1, now)
		})
	}
	for worker := 2; worker < 5; worker++ {
		work(worker, func(number int) error { return formerWrites(t.Context(), former, worker, number) })
	}
	await := func(workers ...int) {
		t.Helper()
		from := make([]int64, len(done))
		for i := range done {
			from[i] = done[i].Load()
		}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for _, worker := range workers {
			for done[worker].Load() < from[worker]+20 && ctx.Err() == nil {
				<-tick.C
			}
		}
	}
	await(0, 1, 2, 3, 4)
	version, err := tenancytest.Open(t, database, tenancy.Options{}).Migrate(t.Context(), "alice", "alice")
	if err != nil || version != "0001" {
		t.Errorf("migrate from %q: %v", version, err)
	}
	store := post.NewStore("alice")
	work(5, func(int) error { return newReads(t.Context(), store, db) })
	for worker := 6; worker < 8; worker++ {
		work(worker, func(number int) error { return newWrites(t.Context(), store, db, worker, number) })
	}
	await(0, 1, 2, 3, 4, 5, 6, 7)
	stop()
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	after := formerColumns(t, db)
	for slug, want := range before {
		if diff := cmp.Diff(want, after[slug]); diff != "" {
			t.Errorf("%s (-before +after):\n%s", slug, diff)
		}
	}
	for _, worker := range []int{2, 3, 4, 6, 7} {
		if want, got := fmt.Sprintf("Text %d.", done[worker].Load()), after[fmt.Sprintf("of-worker-%d", worker)].Content; got != want {
			t.Errorf("the last save of worker %d is %q, want %q", worker, got, want)
		}
	}
	t.Logf("%d rounds of the former blog's readers and writers, %d of the new one's", sum(done[:5]), sum(done[5:]))
}

func sum(counts []atomic.Int64) (total int64) {
	for i := range counts {
		total += counts[i].Load()
	}
	return total
}

// formerTenant is a database with a tenant that has the first migration only.
func formerTenant(t *testing.T) *postgrestest.Database {
	t.Helper()
	database := tenancytest.NewDatabase(t)
	former := blog.Application
	former.Migrations = former.Migrations[:1]
	former.Grants = []application.Grant{{Program: blog.Program, Privileges: former.Grants[0].Privileges, Tables: []string{"posts"}}}
	err := tenancytest.Open(t, database, tenancy.Options{Application: former}).Create(t.Context(), tenancy.Spec{
		Name: "alice", SchemaName: "alice", DisplayName: "Alice", PrimaryHost: "alice.example.com", PaidUntil: now, SuspendAt: now,
	}, tenancy.CreateOptions{}, now)
	if err != nil {
		t.Fatal(err)
	}
	return database
}

// fillFormer writes posts of all kinds that the former blog has: published, scheduled, backdated, drafts, and drafts with a date.
func fillFormer(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	for i := range 300 {
		title, content := fmt.Sprintf("Post %d", i), strings.Repeat(fmt.Sprintf("Line %d: ø, 世界, مرحبا and “quotes”.\n\n", i), 1+i%40)
		updated := now.Add(-time.Duration(i) * time.Hour)
		var published, kept *time.Time
		switch i % 10 {
		case 7:
			published = new(now.AddDate(1, 0, i))
		case 8:
		case 9:
			kept = new(now.AddDate(0, 0, -i))
		default:
			published = new(now.AddDate(-i, 0, 0))
		}
		_, err := db.Exec(t.Context(), formerInsert, fmt.Sprintf("post-%d", i), title, "Alice Ø", content, "<p>"+content+"</p>", content, updated, published, kept)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// formerPost is a post in the columns that the former blog knows.
type formerPost struct {
	ID                                          int64
	Slug, Title, Author, Content, HTML, Summary string
	CreatedAt, UpdatedAt                        time.Time
	PublishedAt, DraftDate                      *time.Time
}

func formerColumns(t *testing.T, db *pgxpool.Pool) map[string]formerPost {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT id, slug, title, author, content, html, summary, created_at, updated_at, published_at, draft_date FROM alice.posts`)
	if err != nil {
		t.Fatal(err)
	}
	posts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[formerPost])
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]formerPost{}
	for _, p := range posts {
		found[p.Slug] = p
	}
	return found
}

// formerWrites saves a worker's post again, and adds and deletes another one.
func formerWrites(ctx context.Context, former formerBlog, worker, number int) error {
	at := now.Add(time.Duration(number) * time.Second)
	if err := former.save(ctx, fmt.Sprintf("of-worker-%d", worker), fmt.Sprintf("Text %d.", number), number%2 == 0, at); err != nil {
		return err
	}
	short := fmt.Sprintf("short-%d-%d", worker, number)
	if err := former.save(ctx, short, "Soon gone.", number%3 == 0, at); err != nil {
		return err
	}
	return former.remove(ctx, short)
}

// newReads reads as the new blog does for readers and its author.
func newReads(ctx context.Context, store post.Store, db *pgxpool.Pool) error {
	if entries, err := store.List(ctx, db, now, 10, 0); err != nil || len(entries) != 10 {
		return fmt.Errorf("%d entries: %w", len(entries), err)
	}
	if _, err := store.BySlug(ctx, db, now, "post-10", 1<<20); err != nil {
		return err
	}
	if _, err := store.Latest(ctx, db, now, 20, 1<<20); err != nil {
		return err
	}
	if _, err := store.ListFiltered(ctx, db, now, post.Filter{Words: "line"}, 25, 0); err != nil {
		return err
	}
	_, err := store.ListSources(ctx, db, 0, 10, 1<<20)
	return err
}

// newWrites saves a worker's post again, with fields that the former blog does not know, and adds and deletes another one.
func newWrites(ctx context.Context, store post.Store, db *pgxpool.Pool, worker, number int) error {
	at := now.Add(time.Duration(number) * time.Second)
	document := post.Document{Slug: fmt.Sprintf("of-worker-%d", worker), Title: "Title", Content: fmt.Sprintf("Text %d.", number), Tags: []string{"new"}}
	if _, err := store.Save(ctx, db, post.SaveRequest{Document: document, Overwrite: true, Quota: post.Quota{MaxStorageBytes: new(int64(1 << 30))}, Now: at}); err != nil {
		return err
	}
	note := post.Document{Slug: fmt.Sprintf("note-%d-%d", worker, number), Content: "A note."}
	saved, err := store.Save(ctx, db, post.SaveRequest{Document: note, Now: at})
	if err != nil {
		return err
	}
	return store.Delete(ctx, db, saved.Version, at)
}
