package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// notebook is an application that shares nothing with the blog: two tables, of which the second comes with its second
// version, two roles, a header and statuses of its own.
func notebook(version int) application.Application {
	files := fstest.MapFS{"m/0001_notes.sql": {Data: []byte(`CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)`)}}
	app := application.Application{
		Name: "notebook",
		Grants: []application.Grant{
			{Program: "web", Privileges: []string{"SELECT", "INSERT"}, Tables: []string{"notes"}},
			{Program: "stats", Privileges: []string{"SELECT"}, Tables: []string{"notes"}},
		},
		PublicGrants: []application.Grant{
			{Program: "web", Privileges: []string{"SELECT"}, Tables: []string{"tenants", "domains"}},
		},
		Probe: application.Probe{Path: "/up", Header: "X-Notebook", Active: []int{204}, Suspended: []int{403}},
	}
	if version == 2 {
		files["m/0002_pens.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE pens (id bigint PRIMARY KEY, note_id bigint NOT NULL REFERENCES notes (id))`)}
		app.Grants[0].Tables = append(app.Grants[0].Tables, "pens")
	}
	app.Migrations = application.MustReadMigrations(files, "m")
	return app
}

// runsNotebook makes notebook the application of a Platform, and of its database.
func runsNotebook(p *operatortest.Platform) {
	p.Application, p.Public = notebook(1), nil
	p.Serve = func(p *operatortest.Platform) string {
		p.AsAdministrator(postgres.BootstrapSQL(p.Database.RolePrefix, p.Application.Programs()), `ALTER ROLE echoblogs_web PASSWORD 'secret'`)
		address, err := url.Parse(p.Database.OperatorURI)
		if err != nil {
			p.T.Fatal(err)
		}
		address.User = url.UserPassword("echoblogs_web", "secret")
		pool, err := postgres.NewPool(address.String(), postgres.PoolOptions{})
		if err != nil {
			p.T.Fatal(err)
		}
		server := httptest.NewServer(notebookServer{pool})
		p.T.Cleanup(func() {
			server.Close()
			pool.Close()
		})
		return strings.TrimPrefix(server.URL, "http://")
	}
}

// notebookServer serves the notes of all tenants with the role echoblogs_web.
type notebookServer struct{ pool *pgxpool.Pool }

func (s notebookServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, notes, err := s.serve(r.Context(), w.Header(), r.Host, r.URL.Path)
	if err != nil {
		status, notes = http.StatusInternalServerError, err.Error()
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, notes)
}

func (s notebookServer) serve(ctx context.Context, header http.Header, host, path string) (status int, notes string, err error) {
	var (
		name, schema string
		suspended    bool
	)
	err = s.pool.QueryRow(ctx, `SELECT t.name, t.schema_name, t.suspend_at <= now() FROM public.tenants t
		JOIN public.domains d ON d.tenant_id = t.id WHERE d.host = $1 AND t.state = 'live' AND d.released_at IS NULL`, host).
		Scan(&name, &schema, &suspended)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return http.StatusNotFound, "", nil
	case err != nil:
		return 0, "", err
	}
	header.Set("X-Notebook", name)
	switch {
	case suspended:
		return http.StatusForbidden, "", nil
	case path == "/up":
		return http.StatusNoContent, "", nil
	}
	err = s.pool.QueryRow(ctx, `SELECT coalesce(string_agg(text, ', '), '') FROM `+pgx.Identifier{schema, "notes"}.Sanitize()).Scan(&notes)
	return http.StatusOK, notes, err
}

// wantNotes checks a response of the application.
func (p *platform) wantNotes(host string, status int, notes string) {
	p.T.Helper()
	request, err := http.NewRequestWithContext(p.T.Context(), http.MethodGet, "http://"+p.Backend+"/", nil)
	if err != nil {
		p.T.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.T.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.T.Fatal(err)
	}
	if response.StatusCode != status || string(body) != notes {
		p.T.Errorf("%s answers %d with %q, want %d with %q", host, response.StatusCode, body, status, notes)
	}
}

// privileges lists the privileges of the roles of both applications, except those on system catalogs.
const privileges = `
	WITH roles (role) AS (SELECT rolname FROM pg_roles WHERE rolname IN ('echoblogs_web', 'echoblogs_stats', 'echoblogs_blog')),
	schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'public')),
	rights (line) AS (
		SELECT concat_ws(' ', role, 'USAGE', nspname) FROM roles, schemas WHERE has_schema_privilege(role, oid, 'USAGE')
		UNION ALL
		SELECT concat_ws(' ', role, privilege, coalesce(s.nspname, 'public') || '.' || relname)
		FROM roles, pg_class c LEFT JOIN schemas s ON s.oid = c.relnamespace, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) privilege
		WHERE c.relkind = 'r' AND (s.oid IS NOT NULL OR c.relnamespace = 'public'::regnamespace) AND has_table_privilege(role, c.oid, privilege)
	)
	SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM rights`

func (p *platform) wantPrivileges(want ...string) {
	p.T.Helper()
	want = append(want, "echoblogs_web SELECT public.domains", "echoblogs_web SELECT public.tenants")
	slices.Sort(want)
	if diff := cmp.Diff(want, strings.Split(query[string](p, privileges), "\n")); diff != "" {
		p.T.Errorf("privileges (-want +got):\n%s", diff)
	}
}

// The operator creates, migrates, suspends, deletes, restores and adopts tenants of an application that it does not know.
func TestAnotherApplication(t *testing.T) {
	t.Parallel()
	p := newNamespace(t, runsNotebook)
	stop := p.StartOperator(nil)
	p.CreateDefault()

	// Create.
	tenant := p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"} })
	if tenant.Status.SchemaVersion != "0001" {
		t.Errorf("created at version %q", tenant.Status.SchemaVersion)
	}
	p.Exec(`INSERT INTO alice.notes VALUES (1, 'Buy milk')`)
	p.wantNotes("alice.example.com", http.StatusOK, "Buy milk")
	p.wantNotes("www.alice.org", http.StatusOK, "Buy milk")
	p.wantNotes("bob.example.com", http.StatusNotFound, "")
	p.wantPrivileges("echoblogs_stats SELECT alice.notes", "echoblogs_stats USAGE alice",
		"echoblogs_web INSERT alice.notes", "echoblogs_web SELECT alice.notes", "echoblogs_web USAGE alice")
	if tables := query[string](p, `SELECT string_agg(relname, ' ' ORDER BY relname COLLATE "C") FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`); tables != "counted_deletions deletion_counter domains installation schema_migrations tenant_objects tenants" {
		t.Errorf("the tables in public are %s", tables)
	}

	// Migrate.
	stop()
	p.Application = notebook(2)
	p.StartOperator(nil)
	p.WaitVersion("alice", "0002")
	p.WantEvent("alice", v1alpha1.ReasonSchemaMigrated)
	p.Wait("the Platform counts versions", func(context.Context) error {
		status := p.ReadPlatform().Status
		if len(status.Versions) != 1 || status.Versions[0] != (v1alpha1.VersionCount{Version: "0002", Tenants: 1}) || status.SchemaVersion != "0002" {
			return fmt.Errorf("it has %v of %s", status.Versions, status.SchemaVersion)
		}
		return nil
	})
	privilegesOf := func(schema string) []string {
		return []string{
			"echoblogs_stats SELECT " + schema + ".notes", "echoblogs_stats USAGE " + schema, "echoblogs_web INSERT " + schema + ".notes",
			"echoblogs_web INSERT " + schema + ".pens", "echoblogs_web SELECT " + schema + ".notes", "echoblogs_web SELECT " + schema + ".pens",
			"echoblogs_web USAGE " + schema,
		}
	}
	p.wantPrivileges(privilegesOf("alice")...)

	// Suspend and resume.
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	suspended := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if err := operatortest.WantText(suspended.Status.Conditions, `The backend answers 403 for "alice.example.com", "www.alice.org".`); err != nil {
		t.Error(err)
	}
	p.wantNotes("alice.example.com", http.StatusForbidden, "")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = nil })
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid)
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.wantNotes("alice.example.com", http.StatusOK, "Buy milk")

	// Delete, out of reach of every role, and restore.
	p.DeleteTenants("alice")
	p.wantNotes("alice.example.com", http.StatusNotFound, "")
	tombstone := query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = 'alice'`)
	for _, line := range strings.Split(query[string](p, privileges), "\n") {
		if strings.HasSuffix(line, "USAGE "+tombstone) {
			t.Errorf("a role has a privilege on the tombstone: %s", line)
		}
	}
	restored := p.ReadyTenant("alice", p.Restoring("alice"))
	if restored.Status.SchemaVersion != "0002" {
		t.Errorf("restored at version %q", restored.Status.SchemaVersion)
	}
	p.wantNotes("alice.example.com", http.StatusOK, "Buy milk")
	p.wantPrivileges(privilegesOf("alice")...)

	// Adopt a schema of the first version, which holds more than the application's tables.
	p.Exec(`CREATE SCHEMA legacy; CREATE TABLE legacy.notes (id bigint PRIMARY KEY, text text NOT NULL); CREATE TABLE legacy.customers (id int);
		INSERT INTO legacy.notes VALUES (1, 'From before')`)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.AdoptableSchemas = []string{"legacy"} })
	p.CreateTenant("bob", withSchema("legacy"), operatortest.Annotate(v1alpha1.AnnotationAdoptSchema, "first"))
	stalled := p.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonAdoptionRefused)
	if err := operatortest.WantText(stalled.Status.Conditions, `"first" is not a version: use the number of the last migration, such as 0002, or 0 for none.`); err != nil {
		t.Error(err)
	}
	p.EditTenant("bob", operatortest.Annotate(v1alpha1.AnnotationAdoptSchema, "0001"))
	p.WaitVersion("bob", "0002")
	p.wantNotes("bob.example.com", http.StatusOK, "From before")
	p.wantPrivileges(append(privilegesOf("alice"), privilegesOf("legacy")...)...)
}
