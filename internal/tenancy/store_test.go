package tenancy_test

import (
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// anySkew lets tests use any time, regardless of the database's clock.
const anySkew = 100 * 365 * 24 * time.Hour

// deletedTenant describes the Tenants that become tombstones.
var deletedTenant = tenancy.DeletedTenant{Object: tenancy.Object{JSON: []byte(`{"spec": {"trial": false}}`), Digest: "first"}, UID: "c0ffee"}

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// database is a prepared database of one test.
type database struct {
	*postgrestest.Database
	t     *testing.T
	store *tenancy.Store
	pool  *pgxpool.Pool
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	db := postgrestest.New(t)
	d := &database{Database: db, t: t, pool: connect(t, db.OperatorURI)}
	d.store = tenancytest.Open(t, db, tenancy.Options{MaxClockSkew: anySkew})
	return d
}

// open returns a store with other migrations than the blog's, and without its privileges.
func (d *database) open(migrations application.Migrations) *tenancy.Store {
	d.t.Helper()
	return open(d.t, d.OperatorURI, tenancy.Options{
		Application: application.Application{Name: "other", Migrations: migrations}, MaxClockSkew: anySkew,
	})
}

func open(t *testing.T, uri string, o tenancy.Options) *tenancy.Store {
	t.Helper()
	store, err := tenancy.Open(uri, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
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

// spec is a tenant called name at name.example.com.
func spec(name string) tenancy.Spec {
	return tenancy.Spec{
		Name: name, SchemaName: name, DisplayName: "Blog of " + name, PrimaryHost: name + ".example.com",
		PaidUntil: time.Date(2028, 1, 10, 0, 0, 0, 0, time.UTC), SuspendAt: time.Date(2028, 1, 25, 0, 0, 0, 0, time.UTC),
	}
}

func (d *database) create(s tenancy.Spec) {
	d.t.Helper()
	if err := d.store.Create(d.t.Context(), s, tenancy.CreateOptions{}, now); err != nil {
		d.t.Fatalf("create %s: %v", s.Name, err)
	}
}

func (d *database) find(name string) tenancy.Tenant {
	d.t.Helper()
	tenant, err := d.store.Find(d.t.Context(), name)
	if err != nil {
		d.t.Fatalf("find %s: %v", name, err)
	}
	return tenant
}

func (d *database) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.pool.Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *database) schemas() []string {
	d.t.Helper()
	var names []string
	err := d.pool.QueryRow(d.t.Context(), `SELECT coalesce(array_agg(nspname::text ORDER BY nspname), '{}') FROM pg_namespace
		WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('public', 'information_schema')`).Scan(&names)
	if err != nil {
		d.t.Fatal(err)
	}
	return names
}

func (d *database) wantSchemas(want ...string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.schemas(), cmpopts.EquateEmpty()); diff != "" {
		d.t.Errorf("schemas (-want +got):\n%s", diff)
	}
}

func wantTaken(t *testing.T, err error, want tenancy.NameTakenError) {
	t.Helper()
	var taken *tenancy.NameTakenError
	if !errors.As(err, &taken) {
		t.Fatalf("got %v, want that %s %q is taken", err, want.Kind, want.Name)
	}
	if diff := cmp.Diff(want, *taken); diff != "" {
		t.Errorf("owner of the name (-want +got):\n%s", diff)
	}
}

func TestCreateInOneTransaction(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	s := spec("alice")
	s.CustomHosts = []string{"blog.alice.org", "www.alice.org"}
	d.create(s)

	tenant := d.find("alice")
	want := tenancy.Tenant{Spec: s, ID: tenant.ID, CreatedAt: now, UpdatedAt: tenant.UpdatedAt, State: tenancy.StateLive, SchemaVersion: blog.Application.Latest(), SchemaExists: true}
	if diff := cmp.Diff(want, tenant, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("registry (-want +got):\n%s", diff)
	}
	d.wantSchemas("alice")
	d.exec(`INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at) VALUES ('a', 'A', 'x', '', '', '', now(), now())`)
}

func TestRefusedCreateLeavesNothing(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	d.exec(`CREATE SCHEMA legacy`)

	sameSchema, sameHost, legacy := spec("bob"), spec("carol"), spec("legacy")
	sameSchema.SchemaName = "alice"
	sameHost.PrimaryHost = "alice.example.com"
	err := d.store.Create(t.Context(), sameSchema, tenancy.CreateOptions{}, now)
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice", Kind: tenancy.SchemaName, Owner: "alice"})
	err = d.store.Create(t.Context(), sameHost, tenancy.CreateOptions{}, now)
	wantTaken(t, err, tenancy.NameTakenError{Name: "alice.example.com", Kind: tenancy.HostName, Owner: "alice"})
	if err := d.store.Create(t.Context(), legacy, tenancy.CreateOptions{}, now); !errors.Is(err, tenancy.ErrSchemaExists) {
		t.Errorf("got %v, want ErrSchemaExists", err)
	}
	d.wantSchemas("alice", "legacy")
	for _, name := range []string{"bob", "carol", "legacy"} {
		if _, err := d.store.Find(t.Context(), name); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("%s left a row: %v", name, err)
		}
	}
}

func TestTakenCustomHostIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	alice, bob := spec("alice"), spec("bob")
	alice.CustomHosts = []string{"www.shared.org"}
	bob.CustomHosts = []string{"www.bob.org", "www.shared.org"}
	d.create(alice)
	d.create(bob)
	if diff := cmp.Diff([]string{"www.bob.org"}, d.find("bob").CustomHosts); diff != "" {
		t.Errorf("hosts of bob (-want +got):\n%s", diff)
	}
}

func TestUpdateMovesThePrimaryHost(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	s := spec("alice")
	s.CustomHosts = []string{"www.alice.org"}
	d.create(s)
	s.PrimaryHost, s.CustomHosts = "alice.example.net", []string{"blog.alice.org"}
	before := d.find("alice").UpdatedAt
	if err := d.store.Update(t.Context(), s, before, now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, d.find("alice").Spec); diff != "" {
		t.Errorf("registry (-want +got):\n%s", diff)
	}

	// Hosts that alice released are held for a minute, except from alice.
	bob := spec("bob")
	bob.PrimaryHost = "www.alice.org"
	early := now.Add(tenancy.Hold - time.Second)
	err := d.store.Create(t.Context(), bob, tenancy.CreateOptions{}, early)
	wantTaken(t, err, tenancy.NameTakenError{Name: "www.alice.org", Kind: tenancy.HostName, Owner: "alice", HeldUntil: now.Add(tenancy.Hold)})
	if err := d.store.Create(t.Context(), bob, tenancy.CreateOptions{}, now.Add(tenancy.Hold)); err != nil {
		t.Errorf("after the hold: %v", err)
	}
	s.CustomHosts = []string{"alice.example.com", "blog.alice.org"}
	if err := d.store.Update(t.Context(), s, d.find("alice").UpdatedAt, early); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.CustomHosts, d.find("alice").CustomHosts); diff != "" {
		t.Errorf("hosts claimed again (-want +got):\n%s", diff)
	}
}

// An update based on rows that have changed since changes nothing.
func TestUpdateOfChangedRowsIsRefused(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	first, second := spec("alice"), spec("alice")
	d.create(first)
	asRead := d.find("alice").UpdatedAt
	first.CustomHosts = []string{"www.first.org"}
	second.PrimaryHost, second.CustomHosts, second.DisplayName = "second.example.com", []string{"www.second.org"}, "Second"
	if err := d.store.Update(t.Context(), first, asRead, now); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Update(t.Context(), second, asRead, now); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("a second update by the same rows: %v", err)
	}
	if diff := cmp.Diff(first, d.find("alice").Spec); diff != "" {
		t.Errorf("registry (-want +got):\n%s", diff)
	}
}

func TestPublicHostsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	if refused, err := d.store.SetPublicHosts(t.Context(), []string{"example.com", "welcome.example.com"}); err != nil || len(refused) > 0 {
		t.Fatalf("refused %v, error %v", refused, err)
	}
	err := d.store.Create(t.Context(), spec("welcome"), tenancy.CreateOptions{}, now)
	wantTaken(t, err, tenancy.NameTakenError{Name: "welcome.example.com", Kind: tenancy.HostName})
}

func TestMigrateAppliesWhatIsPending(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	files := fstest.MapFS{}
	one, err := application.ReadMigrations(fstest.MapFS{"m/0001_a.sql": {Data: []byte("SELECT 1")}}, "m")
	if err != nil {
		t.Fatal(err)
	}
	files["m/0001_a.sql"] = &fstest.MapFile{Data: []byte("SELECT 1")}
	files["m/0002_b.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE pages (id bigint PRIMARY KEY); SELECT 1/(SELECT count(*) FROM pages WHERE false)")}
	failing, err := application.ReadMigrations(files, "m")
	if err != nil {
		t.Fatal(err)
	}
	files["m/0002_b.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE pages (id bigint PRIMARY KEY)")}
	two, err := application.ReadMigrations(files, "m")
	if err != nil {
		t.Fatal(err)
	}

	if err := d.open(one).Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now); err != nil {
		t.Fatal(err)
	}
	var failed *tenancy.MigrationError
	if _, err := d.open(failing).Migrate(t.Context(), "alice", "alice"); !errors.As(err, &failed) {
		t.Errorf("got %v, want a MigrationError", err)
	}
	if got := d.find("alice").SchemaVersion; got != "0001" {
		t.Errorf("version %s after a failed migration, want 1", got)
	}
	if before, err := d.open(two).Migrate(t.Context(), "alice", "alice"); err != nil || before != "0001" {
		t.Fatalf("before %s, error %v", before, err)
	}
	if got := d.find("alice").SchemaVersion; got != "0002" {
		t.Errorf("version %s, want 0002", got)
	}
	d.exec(`SELECT FROM alice.pages`)
	if _, err := d.open(one).Migrate(t.Context(), "alice", "alice"); !errors.Is(err, tenancy.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

func TestPrepareRefusesAnEditedMigration(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	if err := d.store.Prepare(t.Context()); err != nil {
		t.Fatalf("a second time: %v", err)
	}
	d.exec(`UPDATE public.schema_migrations SET checksum = 'other' WHERE scope = 'tenant' AND application = 'blog'`)
	var edited *tenancy.EditedError
	if err := d.store.Prepare(t.Context()); !errors.As(err, &edited) || edited.Name != "0001_posts.sql" {
		t.Errorf("got %v, want that 0001_posts.sql was edited", err)
	}
}

func TestAdoptionKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.exec(`CREATE SCHEMA legacy; CREATE TABLE legacy.customers (id int); INSERT INTO legacy.customers VALUES (1)`)
	if err := d.store.Create(t.Context(), spec("legacy"), tenancy.CreateOptions{Adopt: true}, now); err != nil {
		t.Fatal(err)
	}
	d.exec(`SELECT FROM legacy.posts`)
	d.exec(`SELECT 1 / count(*) FROM legacy.customers`)

	// A backup that was restored has our tables already.
	d.exec(`CREATE SCHEMA backup`)
	for _, table := range blog.Application.Grants[0].Tables {
		d.exec(`CREATE TABLE backup.` + table + ` (LIKE legacy.` + table + ` INCLUDING ALL)`)
	}
	var failed *tenancy.MigrationError
	if err := d.store.Create(t.Context(), spec("backup"), tenancy.CreateOptions{Adopt: true}, now); !errors.As(err, &failed) {
		t.Errorf("adopted as version 0: got %v, want a MigrationError", err)
	}
	if err := d.store.Create(t.Context(), spec("backup"), tenancy.CreateOptions{Adopt: true, AdoptVersion: blog.Application.Latest()}, now); err != nil {
		t.Errorf("adopted as the latest version: %v", err)
	}
	if _, err := connect(t, d.BlogURI).Exec(t.Context(), `SELECT FROM backup.posts`); err != nil {
		t.Errorf("the blog reads what was adopted: %v", err)
	}
	if err := d.store.Create(t.Context(), spec("newer"), tenancy.CreateOptions{Adopt: true, AdoptVersion: "0099"}, now); !errors.Is(err, tenancy.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}
