package tenancy_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/citusrules"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// liveThrough takes a tenant through its life, and calls check while it is live.
func liveThrough(ctx context.Context, t *testing.T, store *tenancy.Store, s tenancy.Spec, check func()) {
	t.Helper()
	step := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	read := func() tenancy.Tenant {
		t.Helper()
		tenant, err := store.Find(ctx, s.Name)
		step("find", err)
		return tenant
	}
	step("create", store.Create(ctx, s, tenancy.CreateOptions{Object: tenancy.Object{JSON: []byte("{}"), Digest: "1"}}, now))
	step("keep the object", store.KeepObject(ctx, read(), tenancy.Object{JSON: []byte(`{"spec": {}}`), Digest: "2"}))
	s.DisplayName = "Another title"
	step("update", store.Update(ctx, s, read().UpdatedAt, now))
	check()
	id := read().ID
	step("keep", store.Keep(ctx, read(), now))
	_, err := store.Retain(ctx, read(), deletedTenant, &tenancy.Brake{Live: 1}, now, now.Add(time.Hour))
	step("retain", err)
	step("restore", store.Restore(ctx, s, id, now))
	check()
	_, err = store.Drop(ctx, read(), &tenancy.Brake{Live: 1}, now)
	step("drop", err)
}

func TestStatementsKeepTheRulesOfCitus(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	recorder := &citusrules.Recorder{}
	store := tenancytest.Open(t, d.Database, tenancy.Options{MaxClockSkew: anySkew, Pool: postgres.PoolOptions{Tracer: recorder}})
	liveThrough(t.Context(), t, store, spec("alice"), func() { writePost(t.Context(), t, recorder, d.BlogURI, "alice") })
	if err := store.Create(t.Context(), withHost("bob", "www.bob.org", tenancy.ProofDNS), tenancy.CreateOptions{}, now); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{now, now.Add(8 * day)} {
		if _, err := store.RecordAnswers(t.Context(), d.find("bob").ID, []tenancy.Answer{{Host: "www.bob.org", At: at}}, false, at); err != nil {
			t.Fatal(err)
		}
	}
	statements := recorder.Statements()
	if len(statements) < 60 {
		t.Errorf("only %d statements were recorded", len(statements))
	}
	for _, statement := range statements {
		for _, violated := range citusrules.Violations(statement, "alice") {
			t.Errorf("%s:\n%s", violated, statement)
		}
	}
}

// writePost calls everything that reads and writes posts.
func writePost(ctx context.Context, t *testing.T, recorder *citusrules.Recorder, uri, schema string) {
	t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{Tracer: recorder})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	posts := post.NewStore(schema)
	for _, content := range []string{"Text", "Another text"} {
		request := post.SaveRequest{Document: post.Document{Title: "Title", Content: content}, Overwrite: true, Now: now, Quota: post.Quota{MaxPosts: new(int64(9))}}
		if _, err := posts.Save(ctx, pool, request); err != nil {
			t.Fatalf("save: %v", err)
		}
	}
	found, err := posts.BySlug(ctx, pool, now, "title", 1000)
	if err != nil {
		t.Fatalf("find the post: %v", err)
	}
	if latest, err := posts.Latest(ctx, pool, now, 5, 1000); err != nil || len(latest) != 1 || latest[0].HTML == "" {
		t.Errorf("the latest posts are %v, %v", latest, err)
	}
	if listed, err := posts.List(ctx, pool, now, 5, 0); err != nil || len(listed) != 1 {
		t.Errorf("the list is %v, %v", listed, err)
	}
	if items, err := posts.ListFiltered(ctx, pool, now, post.Filter{}, 5, 0); err != nil || len(items) != 1 {
		t.Errorf("all posts are %v, %v", items, err)
	}
	if sources, err := posts.ListSources(ctx, pool, 0, 5, 1000); err != nil || len(sources) != 1 {
		t.Errorf("the sources are %v, %v", sources, err)
	}
	source, err := posts.FindByID(ctx, pool, found.ID)
	if err != nil {
		t.Fatalf("find the source: %v", err)
	}
	reviseAndDelete(ctx, t, pool, posts, source)
	set := settings.NewStore(schema)
	for _, tagline := range []string{"One", "Two"} {
		stored, err := set.Load(ctx, pool)
		if err == nil {
			_, err = set.Save(ctx, pool, settings.SaveRequest{Settings: settings.Settings{Tagline: tagline}, Base: stored.UpdatedAt, Now: now})
		}
		if err != nil {
			t.Errorf("save the settings: %v", err)
		}
	}
}

// reviseAndDelete calls everything that changes a post otherwise than by replacing it, and at last deletes it.
func reviseAndDelete(ctx context.Context, t *testing.T, pool *pgxpool.Pool, posts post.Store, source post.Source) {
	t.Helper()
	step := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	base, quota := source.Version, post.Quota{MaxPosts: new(int64(9)), MaxStorageBytes: new(int64(1000))}
	save := func(document post.Document, unpublished bool) {
		t.Helper()
		saved, err := posts.Save(ctx, pool, post.SaveRequest{
			Document: document, Base: base, Unpublished: unpublished, Autosave: unpublished, TakeRedirect: true, Quota: quota, Now: now,
		})
		step("save", err)
		base = saved.Version
	}
	save(post.Document{Title: "Title", Slug: "renamed", Content: strings.Repeat("a", 300)}, false)
	save(post.Document{Title: "Title", Slug: "renamed", Content: strings.Repeat("b", 300)}, false) // revisions make way
	save(post.Document{Title: "Title", Slug: "renamed", Content: "Pending"}, true)
	save(post.Document{Title: "Title", Slug: "renamed", Content: "Pending"}, false)
	revisions, err := posts.ListRevisions(ctx, pool, base.ID)
	step("list revisions", err)
	restored, err := posts.RestoreRevision(ctx, pool, revisions[0].SavedAt, post.SaveRequest{Base: base, Unpublished: true, Now: now})
	step("restore a revision", err)
	share, err := posts.StartSharing(ctx, pool, base.ID)
	step("share", err)
	_, err = posts.Shared(ctx, pool, share, 1000)
	step("read what is shared", err)
	step("stop sharing", posts.StopSharing(ctx, pool, base.ID))
	discarded, err := posts.DiscardPending(ctx, pool, restored.Version, now)
	step("discard", err)
	_, err = posts.BySlug(ctx, pool, now, "title", 1000)
	if _, moved := errors.AsType[*post.MovedError](err); !moved {
		t.Errorf("the former slug: %v", err)
	}
	_, err = posts.ListPages(ctx, pool, now)
	step("list pages", err)
	_, err = posts.Count(ctx, pool, now)
	step("count", err)
	_, err = posts.ListTags(ctx, pool, 5)
	step("list tags", err)
	_, err = posts.Usage(ctx, pool)
	step("measure", err)
	step("delete", posts.Delete(ctx, pool, discarded, now))
	// Another post takes the former slug of the one in the trash.
	if _, err := posts.Save(ctx, pool, post.SaveRequest{Document: post.Document{Title: "Title"}, TakeRedirect: true, Now: now}); err != nil {
		t.Errorf("take a slug: %v", err)
	}
	_, err = posts.ListTrash(ctx, pool, now, 5, 0)
	step("list the trash", err)
	_, err = posts.Restore(ctx, pool, base.ID, quota, now)
	step("restore", err)
	step("purge", posts.Purge(ctx, pool, now))
	items, err := posts.ListFiltered(ctx, pool, now, post.Filter{}, 5, 0)
	step("list", err)
	for _, item := range items { // the next check begins with an empty blog
		step("delete", posts.Delete(ctx, pool, post.Version{ID: item.ID, UpdatedAt: item.UpdatedAt}, now))
		step("delete permanently", posts.DeletePermanently(ctx, pool, item.ID))
	}
}

// It uses the cluster as its administrator, in a database of which nothing else is expected.
func TestLifeOnCitus(t *testing.T) {
	t.Parallel()
	administrator := os.Getenv("ECHOBLOGS_TEST_CITUS_URI")
	if administrator == "" {
		t.Skip("ECHOBLOGS_TEST_CITUS_URI is not set: it is the address of the coordinator of a Citus cluster, as its administrator")
	}
	ctx := t.Context()
	connection, err := pgx.Connect(ctx, administrator)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(ctx)
	statements, err := postgres.SplitStatements(postgres.BootstrapSQL("", blog.Application.Programs()) + postgres.CitusBootstrapSQL(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{postgres.Operator, blog.Program} {
		statements = append(statements, "ALTER ROLE "+postgres.DefaultRolePrefix.Role(program)+" PASSWORD 'citus'")
	}
	for _, statement := range statements {
		if _, err := connection.Exec(ctx, statement); err != nil {
			t.Fatalf("%v:\n%s", err, statement)
		}
	}
	as := func(program string) string {
		address, err := url.Parse(administrator)
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.UserPassword(postgres.DefaultRolePrefix.Role(program), "citus")
		return address.String()
	}
	store := open(t, as(postgres.Operator), tenancy.Options{
		Application: blog.Application, Public: []application.Set{migrations.Set}, Citus: true, MaxClockSkew: anySkew,
	})
	if err := store.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	name := "citus" + time.Now().UTC().Format("20060102150405")
	liveThrough(ctx, t, store, spec(name), func() {
		var distributed bool
		err := connection.QueryRow(ctx, `SELECT EXISTS (SELECT FROM citus_schemas WHERE schema_name::text = $1)`, name).Scan(&distributed)
		if err != nil || !distributed {
			t.Errorf("the schema is distributed: %t, %v", distributed, err)
		}
		writePost(ctx, t, &citusrules.Recorder{}, as(blog.Program), name)
	})
	unknown, err := store.UnknownSchemas(ctx, 10)
	if err != nil || len(unknown) > 0 {
		t.Errorf("schemas that belong to no tenant: %v, %v", unknown, err)
	}
}
