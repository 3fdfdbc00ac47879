package tenancy_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

func TestRolesHaveLeastPrivilege(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	operator, blog, portal := d.pool, connect(t, d.BlogURI), connect(t, d.PortalURI)
	const denied = "42501" // insufficient_privilege
	for _, refused := range []struct {
		role *pgxpool.Pool
		sql  string
		code string
	}{
		{blog, `INSERT INTO public.tenants DEFAULT VALUES`, denied},
		{blog, `UPDATE public.domains SET host = 'x'`, denied},
		{blog, `SELECT FROM public.schema_migrations`, denied},
		{blog, `CREATE SCHEMA mine`, denied},
		{blog, `CREATE TABLE public.mine (id int)`, denied},
		{blog, `CREATE TABLE alice.mine (id int)`, denied},
		{blog, `CREATE TEMPORARY TABLE mine (id int)`, denied},
		{blog, `DROP TABLE alice.posts`, denied},
		{blog, `TRUNCATE alice.posts`, denied},
		{blog, `ALTER TABLE alice.posts ADD COLUMN mine int`, denied},
		{blog, `CREATE INDEX ON alice.posts (title)`, denied},
		{blog, `CREATE VIEW alice.mine AS SELECT`, denied},
		{blog, `CREATE FUNCTION alice.mine() RETURNS int RETURN 1`, denied},
		{blog, `ALTER SCHEMA alice RENAME TO mine`, denied},
		{blog, `DROP SCHEMA alice CASCADE`, denied},
		{blog, `SET ROLE echoblogs_operator`, denied},
		{blog, `COPY alice.posts TO PROGRAM 'cat'`, denied},
		{blog, `SELECT pg_read_file('postgresql.conf')`, denied},
		{blog, `SELECT lo_import('/etc/passwd')`, denied},
		{blog, `SELECT lo_create(0)`, denied},
		{blog, `SELECT lo_from_bytea(0, 'x')`, denied},
		{portal, `SELECT lo_creat(-1)`, denied},
		{operator, `SELECT lo_create(0)`, denied},
		{blog, `DO $$ BEGIN LOCK TABLE public.tenants IN SHARE MODE; END $$`, denied},
		{blog, `SELECT FROM public.tenants FOR SHARE`, denied},
		{portal, `SELECT FROM public.tenants FOR UPDATE`, denied},
		{blog, `SELECT FROM public.users`, denied},
		{blog, `SELECT FROM public.tenant_objects`, denied},
		{blog, `SELECT FROM public.sessions`, denied},
		{blog, `INSERT INTO public.login_codes DEFAULT VALUES`, denied},
		{blog, `UPDATE public.login_codes SET expires_at = 'infinity'`, denied},
		{blog, `UPDATE public.blog_sessions SET username = 'x'`, denied},
		{blog, `SELECT FROM tenants`, "42P01"}, // undefined_table: the search_path is empty
		{portal, `SELECT FROM alice.posts`, denied},
		{portal, `UPDATE public.tenants SET name = 'x'`, denied},
		{portal, `UPDATE public.tenant_objects SET object = '{}'`, denied},
		{portal, `CREATE SCHEMA mine`, denied},
		{portal, `INSERT INTO alice.posts DEFAULT VALUES`, denied},
		{portal, `DELETE FROM alice.posts`, denied},
		{portal, `CREATE TABLE alice.mine (id int)`, denied},
		{portal, `DROP SCHEMA alice CASCADE`, denied},
		{portal, `DELETE FROM public.domains`, denied},
		{portal, `SELECT FROM public.schema_migrations`, denied},
		{portal, `INSERT INTO public.blog_sessions DEFAULT VALUES`, denied},
		{portal, `UPDATE public.login_codes SET host = 'x'`, denied},
		{portal, `UPDATE public.audit SET actor = 'x'`, denied},
		{portal, `DELETE FROM public.audit`, denied},
		{portal, `SET ROLE echoblogs_blog`, denied},
		{portal, `SET ROLE echoblogs_operator`, denied},
		{operator, `CREATE ROLE mine`, denied},
		{operator, `CREATE DATABASE mine`, denied},
		{operator, `SET ROLE echoblogs_blog`, denied},
		{operator, `ALTER SYSTEM SET work_mem = '1GB'`, denied},
		{operator, `COPY alice.posts TO PROGRAM 'cat'`, denied},
		{operator, `CREATE EXTENSION file_fdw`, denied},
	} {
		if _, err := refused.role.Exec(context.Background(), refused.sql); postgres.Code(err) != refused.code {
			t.Errorf("%s: got %v, want SQLSTATE %s", refused.sql, err, refused.code)
		}
	}
	for _, allowed := range []string{`SELECT FROM public.tenants`, `SELECT FROM public.domains`, `DELETE FROM alice.posts`} {
		if _, err := blog.Exec(t.Context(), allowed); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
	}
}

// publicPrivileges are the privileges of the two programs on the public tables.
var publicPrivileges = map[string]map[string]string{
	"echoblogs_blog": {
		"blog_sessions":    "SELECT INSERT DELETE",
		"content_versions": "SELECT INSERT UPDATE",
		"domains":          "SELECT",
		"first_posts":      "SELECT INSERT",
		"installation":     "SELECT",
		"login_codes":      "SELECT DELETE",
		"tenants":          "SELECT",
	},
	"echoblogs_portal": {
		"attempts":           "SELECT INSERT UPDATE DELETE",
		"form_answers":       "SELECT INSERT UPDATE DELETE",
		"audit":              "SELECT INSERT",
		"blog_sessions":      "SELECT DELETE",
		"domains":            "SELECT",
		"first_posts":        "SELECT",
		"installation":       "SELECT",
		"known_browsers":     "SELECT INSERT UPDATE DELETE",
		"login_codes":        "SELECT INSERT DELETE",
		"owner_deletions":    "SELECT INSERT DELETE",
		"mail_tokens":        "SELECT INSERT UPDATE DELETE",
		"notices":            "SELECT INSERT UPDATE DELETE",
		"outbox":             "SELECT INSERT UPDATE DELETE",
		"registration_codes": "SELECT INSERT UPDATE DELETE",
		"registrations":      "SELECT INSERT UPDATE DELETE",
		"sessions":           "SELECT INSERT UPDATE DELETE",
		"tenants":            "SELECT",
		"tenant_objects":     "SELECT",
		"users":              "SELECT INSERT UPDATE DELETE",
	},
}

// The two programs have exactly these privileges. A table that is added to public or to tenants' schemas is not accessible
// to them until it is granted, and must then be listed here.
func TestRolesHaveNoOtherPrivileges(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, name := range []string{"alice", "bob", "deleted", "restored"} {
		d.create(spec(name))
	}
	restored := d.find("restored").ID
	for _, name := range []string{"deleted", "restored"} {
		if _, err := d.store.Retain(t.Context(), d.find(name), deletedTenant, nil, now, now.AddDate(0, 0, 30)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.store.Restore(t.Context(), spec("restored"), restored, now); err != nil {
		t.Fatal(err)
	}
	var privileges []string
	err := connect(t, d.AdminURI).QueryRow(t.Context(), `
		WITH roles (role) AS (VALUES ('echoblogs_blog'), ('echoblogs_portal')),
		schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'),
		privileges (line) AS (
			SELECT concat_ws(' ', role, privilege, regexp_replace(nspname, '^deleted_.*', 'tombstone'))
			FROM roles, schemas, unnest(ARRAY['USAGE', 'CREATE']) privilege
			WHERE has_schema_privilege(role, oid, privilege)
			UNION ALL
			SELECT concat_ws(' ', role, privilege, nspname || '.' || relname)
			FROM roles, schemas s JOIN pg_class c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'),
				unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
			WHERE has_schema_privilege(role, s.oid, 'USAGE')
				AND (has_table_privilege(role, c.oid, privilege)
					OR privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(role, c.oid, privilege))
			UNION ALL
			SELECT concat_ws(' ', role, privilege, 'database') FROM roles, unnest(ARRAY['CREATE', 'TEMPORARY']) privilege
			WHERE has_database_privilege(role, current_database(), privilege)
			UNION ALL
			SELECT concat_ws(' ', rolname, 'is more than a login') FROM pg_roles WHERE rolname LIKE 'echoblogs\_%'
				AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
					OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = pg_roles.oid))
		)
		SELECT array_agg(line ORDER BY line COLLATE "C") FROM privileges`).Scan(&privileges)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"echoblogs_blog USAGE public", "echoblogs_portal USAGE public"}
	for _, schema := range []string{"alice", "bob", "restored"} {
		want = append(want, "echoblogs_blog USAGE "+schema)
		for _, privilege := range []string{"DELETE", "INSERT", "SELECT", "UPDATE"} {
			for _, table := range blog.Application.Grants[0].Tables {
				want = append(want, "echoblogs_blog "+privilege+" "+schema+"."+table)
			}
		}
	}
	for role, tables := range publicPrivileges {
		for table, privileges := range tables {
			for privilege := range strings.FieldsSeq(privileges) {
				want = append(want, role+" "+privilege+" public."+table)
			}
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, privileges); diff != "" {
		t.Errorf("privileges (-want +got):\n%s", diff)
	}
}

func TestSessionsOfRolesAreLimited(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for role, uri := range map[string]string{"operator": d.OperatorURI, "blog": d.BlogURI, "portal": d.PortalURI} {
		pool := connect(t, uri)
		for setting, want := range map[string]string{
			"statement_timeout": "15min", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "1min", "idle_session_timeout": "0",
			"bytea_output": "hex", "default_transaction_isolation": "read committed", "jit": "off",
		} {
			var got string
			if err := pool.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s of the %s is %s, %v; want %s", setting, role, got, err, want)
			}
		}
		var limited bool
		err := pool.QueryRow(t.Context(), `SELECT rolconnlimit = current_setting('max_connections')::int / 2 FROM pg_roles WHERE rolname = current_user`).Scan(&limited)
		if err != nil || !limited {
			t.Errorf("the %s may have half of the connections: %t, %v", role, limited, err)
		}
	}
	roles := []string{"echoblogs_operator", "echoblogs_blog", "echoblogs_portal"}
	if found, err := postgres.UnexpectedRoleSettings(t.Context(), d.pool, roles); err != nil || len(found) > 0 {
		t.Errorf("settings that are not expected: %v, %v", found, err)
	}
	blog := connect(t, d.BlogURI)
	if _, err := blog.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER ROLE echoblogs_blog IN DATABASE %I SET statement_timeout = 0', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	want := []postgres.RoleSetting{{Role: "echoblogs_blog", Setting: "statement_timeout=0"}}
	if found, err := postgres.UnexpectedRoleSettings(t.Context(), d.pool, roles); err != nil || !slices.Equal(found, want) {
		t.Errorf("settings that are not expected: %v, %v; want %v", found, err, want)
	}
}
