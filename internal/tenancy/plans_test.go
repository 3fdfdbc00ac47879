package tenancy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// tenantsForPlans is how many tenants have to exist before Postgres prefers an index wherever there is one.
const tenantsForPlans = 1000

// manyTenants adds tenants to the registry, each with a schema and a table that the blog may use.
func (d *database) manyTenants() {
	d.t.Helper()
	d.exec(`DO $$ BEGIN FOR n IN 1..` + fmt.Sprint(tenantsForPlans) + ` LOOP
			EXECUTE format('CREATE SCHEMA many_%s', n);
			EXECUTE format('CREATE TABLE many_%s.posts (id int)', n);
			EXECUTE format('GRANT USAGE ON SCHEMA many_%s TO echoblogs_blog', n);
			EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON many_%s.posts TO echoblogs_blog', n);
			IF n % 100 = 0 THEN COMMIT; END IF;
		END LOOP; END $$`)
	d.exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at, created_at, updated_at)
		SELECT 'many-' || n, 'many_' || n, 'live', '0001', 'x', now(), now(), now(), now() - interval '1 day' FROM generate_series(1, $1) n`, tenantsForPlans)
	d.exec(`INSERT INTO public.domains (host, tenant_id, is_primary) SELECT name || '.example.com', id, true FROM public.tenants`)
	d.exec(`INSERT INTO public.tenant_objects (tenant_id, digest, object) SELECT id, name, '{}' FROM public.tenants`)
	if _, err := connect(d.t, d.AdminURI).Exec(d.t.Context(), `ANALYZE`); err != nil {
		d.t.Fatal(err)
	}
}

// plan is the part of a plan of Postgres that says what is scanned how.
type plan struct {
	NodeType   string `json:"Node Type"`
	Relation   string `json:"Relation Name"`
	JoinFilter string `json:"Join Filter"`
	Index      string `json:"Index Name"`
	IndexCond  string `json:"Index Cond"`
	Plans      []plan `json:"Plans"`
}

// scans returns what makes the cost of a plan grow with the number of tenants.
func (p plan) scans() (found []string) {
	if p.NodeType == "Seq Scan" && slices.Contains([]string{"tenants", "domains", "tenant_objects", "pg_class", "pg_namespace", "pg_depend"}, p.Relation) {
		found = append(found, p.Relation)
	}
	if p.Index == "pg_class_relname_nsp_index" && !strings.Contains(p.IndexCond, "relname =") { // reads the whole index
		found = append(found, p.Relation)
	}
	for _, child := range p.Plans {
		found = append(found, child.scans()...)
	}
	if p.NodeType == "Nested Loop" && p.JoinFilter != "" && len(found) > 0 {
		found = append(found, "for each row, "+p.JoinFilter)
	}
	return found
}

// planChecker is a tracer that explains every statement, except for those that define objects.
type planChecker struct {
	d  *database
	mu sync.Mutex
	// seen are the statements, and the calls that they belong to.
	seen []statement
	call string
}

type statement struct {
	call, sql string
	args      []any
}

func (c *planChecker) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.add(data.SQL, data.Args)
	return ctx
}

func (*planChecker) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *planChecker) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, query := range data.Batch.QueuedQueries {
		c.add(query.SQL, query.Arguments)
	}
	return ctx
}

func (*planChecker) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*planChecker) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (c *planChecker) add(sql string, args []any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	verb, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	if slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, verb) {
		c.seen = append(c.seen, statement{c.call, sql, args})
	}
}

// during names the call that the following statements belong to, and fails the test if it fails.
func (c *planChecker) during(call string, run func(context.Context) error) {
	c.d.t.Helper()
	c.call = call
	if err := run(c.d.t.Context()); err != nil {
		c.d.t.Fatalf("%s: %v", call, err)
	}
}

// wantNoScans fails the test for statements that scan a table that grows with the number of tenants.
func (c *planChecker) wantNoScans(allowed map[string][]string) {
	c.d.t.Helper()
	if len(c.seen) < 40 {
		c.d.t.Errorf("only %d statements were seen", len(c.seen))
	}
	for _, s := range c.seen {
		var explained []byte
		if err := c.d.pool.QueryRow(c.d.t.Context(), "EXPLAIN (FORMAT JSON) "+s.sql, s.args...).Scan(&explained); err != nil {
			c.d.t.Errorf("%s: explain %s: %v", s.call, s.sql, err)
			continue
		}
		var plans []struct {
			Plan plan
			JIT  json.RawMessage
		}
		if err := json.Unmarshal(explained, &plans); err != nil {
			c.d.t.Fatal(err)
		}
		if plans[0].JIT != nil {
			c.d.t.Errorf("%s is compiled, which takes longer than running it: %s", s.call, s.sql)
		}
		for _, scanned := range plans[0].Plan.scans() {
			if !slices.Contains(allowed[s.call], scanned) {
				c.d.t.Errorf("%s scans %s: %s", s.call, scanned, s.sql)
			}
		}
	}
}

// No statement reads all tenants or the whole catalog, except those that compare or copy everything.
func TestNoStatementScansAllTenants(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.manyTenants()
	check := &planChecker{d: d}
	store := tenancytest.Open(t, d.Database, tenancy.Options{MaxClockSkew: anySkew, Pool: postgres.PoolOptions{Tracer: check}})
	pool, err := postgres.NewPool(d.OperatorURI, postgres.PoolOptions{Tracer: check})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	reader, inspector := tenancy.NewReader(pool), tenancy.NewInspector(pool, tenancy.Options{Application: blog.Application, Public: []application.Set{migrations.Set}})
	alice := spec("alice")
	alice.CustomHosts = []string{"www.alice.org"}
	purgeAt := now.AddDate(0, 0, 30)
	var row tenancy.Tenant
	find := func(ctx context.Context) (err error) {
		row, err = inspector.Find(ctx, "alice")
		return err
	}

	check.during("SetPublicHosts", func(ctx context.Context) error {
		_, err := store.SetPublicHosts(ctx, []string{"example.com"})
		return err
	})
	check.during("Create", func(ctx context.Context) error {
		return store.Create(ctx, alice, tenancy.CreateOptions{Object: tenancy.Object{JSON: []byte("{}"), Digest: "1"}}, now)
	})
	check.during("Inspector.Find", find)
	check.during("Find", func(ctx context.Context) error { _, err := reader.Find(ctx, "alice"); return err })
	check.during("FindByHost", func(ctx context.Context) error { _, err := reader.FindByHost(ctx, "www.alice.org"); return err })
	check.during("OwnerOfHost", func(ctx context.Context) error { _, err := reader.OwnerOfHost(ctx, "www.alice.org"); return err })
	check.during("List", func(ctx context.Context) error { _, err := reader.List(ctx, "many-5", 100); return err })
	check.during("Inspector.List", func(ctx context.Context) error { _, err := inspector.List(ctx, "many-5", 1000); return err })
	check.during("PublicDefects", func(ctx context.Context) error { _, err := inspector.PublicDefects(ctx); return err })
	check.during("SchemaSizes", func(ctx context.Context) error {
		_, err := reader.SchemaSizes(ctx, []string{"alice", "many_1"})
		return err
	})
	check.during("Update", func(ctx context.Context) error {
		alice.CustomHosts, alice.Proofs = []string{"blog.alice.org"}, map[string]tenancy.Proof{"blog.alice.org": tenancy.ProofDNS}
		return store.Update(ctx, alice, row.UpdatedAt, now)
	})
	check.during("KeepObject", func(ctx context.Context) error { return store.KeepObject(ctx, row, deletedTenant.Object) })
	check.during("ReadObject", func(ctx context.Context) error { _, err := reader.ReadObject(ctx, row.ID); return err })
	check.during("RecordAnswers", func(ctx context.Context) error {
		answers := []tenancy.Answer{{Host: "blog.alice.org", At: now}, {Host: "www.alice.org", Present: true, At: now}}
		for _, at := range []time.Time{now, now.AddDate(0, 0, 8)} {
			if _, err := store.RecordAnswers(ctx, row.ID, answers, true, at); err != nil {
				return err
			}
		}
		return nil
	})
	check.during("GrantMissing", func(ctx context.Context) error {
		d.exec(`REVOKE ALL ON alice.posts FROM echoblogs_blog`)
		if err := find(ctx); err != nil {
			return err
		}
		granted, err := store.GrantMissing(ctx, row)
		if len(granted) != 1 || granted[0].Privilege != "SELECT, INSERT, UPDATE, DELETE" {
			t.Errorf("granted %v", granted)
		}
		return err
	})
	check.during("Migrate", func(ctx context.Context) error {
		d.exec(`UPDATE public.tenants SET schema_version = '' WHERE name = 'alice'; DROP TABLE alice.` + strings.Join(blog.Application.Grants[0].Tables, ", alice."))
		_, err := store.Migrate(ctx, "alice", "alice")
		return err
	})
	brake := &tenancy.Brake{PerHour: 100}
	check.during("Keep", func(ctx context.Context) error {
		if err := find(ctx); err != nil {
			return err
		}
		return store.Keep(ctx, row, now)
	})
	check.during("Retain", func(ctx context.Context) error {
		if err := find(ctx); err != nil {
			return err
		}
		_, err := store.Retain(ctx, row, deletedTenant, brake, now, purgeAt)
		return err
	})
	check.during("ListTombstones", func(ctx context.Context) error { _, err := reader.ListTombstones(ctx, "", 0, 50); return err })
	check.during("ListTombstonesOf", func(ctx context.Context) error { _, err := reader.ListTombstonesOf(ctx, "alice", now); return err })
	check.during("Suspend", func(ctx context.Context) error {
		if err := store.Suspend(ctx, row); !errors.Is(err, tenancy.ErrConflict) {
			return err
		}
		return nil
	})
	check.during("ListTombstonesNamed", func(ctx context.Context) error { _, err := reader.ListTombstonesNamed(ctx, "alice"); return err })
	check.during("GetTombstone", func(ctx context.Context) error { _, err := reader.GetTombstone(ctx, row.ID); return err })
	check.during("Get", func(ctx context.Context) error { _, err := reader.Get(ctx, row.ID); return err })
	check.during("Installation", func(ctx context.Context) error {
		if _, err := reader.Installation(ctx); !errors.Is(err, tenancy.ErrNotFound) {
			return err
		}
		return nil
	})
	check.during("FindTombstone", func(ctx context.Context) error { _, err := reader.FindTombstone(ctx, "alice"); return err })
	check.during("ForeignTombstones", func(ctx context.Context) error { _, err := inspector.ForeignTombstones(ctx, 10); return err })
	check.during("LostTombstones", func(ctx context.Context) error { _, err := reader.LostTombstones(ctx, 10); return err })
	check.during("UnknownSchemas", func(ctx context.Context) error { _, err := reader.UnknownSchemas(ctx, 10); return err })
	check.during("Restore", func(ctx context.Context) error { return store.Restore(ctx, alice, row.ID, now) })
	check.during("Drop", func(ctx context.Context) error {
		if err := find(ctx); err != nil {
			return err
		}
		_, err := store.Drop(ctx, row, brake, now)
		return err
	})
	check.during("DeleteExpiredHolds", func(ctx context.Context) error { return store.DeleteExpiredHolds(ctx, now.Add(time.Hour)) })
	check.during("Purge", func(ctx context.Context) error { _, err := store.Purge(ctx, purgeAt, 20); return err })
	check.during("directory.ReadChangedSince", func(ctx context.Context) error {
		_, err := directory.ReadChangedSince(ctx, pool, time.Now().Add(-time.Minute))
		return err
	})
	check.during("directory.ReadByID", func(ctx context.Context) error { _, err := directory.ReadByID(ctx, pool, []int64{1, 2}); return err })
	check.during("directory.ReadAll", func(ctx context.Context) error { _, err := directory.ReadAll(ctx, pool); return err })

	check.wantNoScans(map[string][]string{
		"directory.ReadAll": {"tenants"},
		"UnknownSchemas":    {"tenants", "pg_namespace"},
	})
}

// Statements that define objects scan nothing either: a GRANT on all tables of a schema, for example, scans pg_class.
func TestNoDefinitionScansTheCatalog(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.manyTenants()
	scans := func() map[string]int64 {
		rows, err := d.pool.Query(t.Context(), `SELECT relname::text, seq_scan FROM pg_stat_all_tables
			WHERE relname IN ('pg_class', 'pg_namespace', 'pg_depend', 'pg_attribute', 'tenants', 'domains')`)
		if err != nil {
			t.Fatal(err)
		}
		count, name, n := map[string]int64{}, "", int64(0)
		if _, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error { count[name] = n; return nil }); err != nil {
			t.Fatal(err)
		}
		return count
	}
	const rounds = 30
	before := scans()
	store := open(t, d.OperatorURI, tenancy.Options{Application: blog.Application, MaxClockSkew: anySkew, Pool: postgres.PoolOptions{MaxConns: 1}})
	for i := range rounds {
		kept, dropped := spec(fmt.Sprintf("kept%d", i)), spec(fmt.Sprintf("dropped%d", i))
		for _, s := range []tenancy.Spec{kept, dropped} {
			if err := store.Create(t.Context(), s, tenancy.CreateOptions{}, now); err != nil {
				t.Fatal(err)
			}
		}
		id := d.find(kept.Name).ID
		if _, err := store.Retain(t.Context(), d.find(kept.Name), deletedTenant, nil, now, now.AddDate(0, 0, 30)); err != nil {
			t.Fatal(err)
		}
		if err := store.Restore(t.Context(), kept, id, now); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Drop(t.Context(), d.find(dropped.Name), nil, now); err != nil {
			t.Fatal(err)
		}
	}
	store.Close() // a session that ends reports its statistics
	// Postgres itself scans the catalog now and then, such as for autovacuum or when a session begins.
	for name, n := range scans() {
		if n-before[name] >= rounds {
			t.Errorf("%d rounds of creation, deletion and restoration scanned %s %d times", rounds, name, n-before[name])
		}
	}
}
