package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// doctor returns what the doctor finds, one "Kind name: problem" a line.
func (p *platform) doctor() string {
	p.T.Helper()
	findings, err := diagnosis.Run(p.T.Context(), p.Client, tenancy.NewInspector(p.Pool, tenancy.Options{Application: p.Application, Public: p.Public, RolePrefix: p.Database.RolePrefix}), p.ReadPlatform(), p.Application)
	if err != nil {
		p.T.Fatal(err)
	}
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Kind, f.Name, f.Problem))
	}
	return strings.Join(lines, "\n")
}

// databaseReady returns the message of a Tenant's condition DatabaseReady once it has a reason.
func (p *platform) databaseReady(name, reason string) string {
	p.T.Helper()
	p.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason)
	tenant := p.WaitCondition(name, v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, reason)
	return meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionDatabaseReady).Message
}

// statementIn returns the statement in a message that mends the problem.
func statementIn(message string) string {
	for _, verb := range []string{"ALTER ", "GRANT "} {
		if _, after, found := strings.Cut(message, "un: "+verb); found {
			statement, _, _ := strings.Cut(after, ";")
			return verb + statement
		}
	}
	return "SELECT 'there is no statement in the message'"
}

func TestMissingPrivilegesAreGrantedAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	const lacks = `Tenant alice: The role "echoblogs_blog" lacks `
	for _, test := range []struct{ damage, found string }{
		{`REVOKE USAGE ON SCHEMA alice FROM echoblogs_blog`, lacks + `USAGE on the schema "alice". Run: GRANT USAGE ON SCHEMA "alice" TO "echoblogs_blog";`},
		{`REVOKE SELECT ON alice.posts FROM echoblogs_blog`, lacks + `SELECT on the table "posts" of the schema "alice". Run: GRANT SELECT ON TABLE "alice"."posts" TO "echoblogs_blog";`},
		{`REVOKE INSERT, DELETE ON alice.posts FROM echoblogs_blog`, lacks + `INSERT, DELETE on the table "posts" of the schema "alice". Run: GRANT INSERT, DELETE ON TABLE "alice"."posts" TO "echoblogs_blog";`},
		{`DO $$ BEGIN REVOKE ALL ON SCHEMA alice FROM echoblogs_blog; REVOKE ALL ON alice.posts FROM echoblogs_blog; END $$`, lacks + `USAGE on the schema "alice".`},
	} {
		p.Exec(test.damage)
		if found := p.doctor(); !strings.HasPrefix(found, test.found) {
			t.Errorf("after %s, the doctor finds %q, want %q", test.damage, found, test.found)
		}
		p.PassMinute()
		p.Wait("the privileges are granted again", func(context.Context) error {
			if found := p.doctor(); found != "" {
				return fmt.Errorf("the doctor finds %s", found)
			}
			return nil
		})
		p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("alice"))
	}
	p.WantEvent("alice", v1alpha1.ReasonPrivilegesRepaired)
	if metric(t, "echoblogs_privilege_repairs_total") == 0 {
		t.Error("the metric does not count the repair")
	}
}

func TestDefectsOfASchemaAreReported(t *testing.T) {
	t.Parallel()
	const (
		restore = " Rename the table back, or restore the schema from a backup: see docs/backup.md. The operator continues within a minute."
		run     = " Run the statement in the message as an administrator of the database. The operator continues within a minute."
		missing = `The table "posts" of the schema "alice" is missing.`
	)
	for name, test := range map[string]struct{ damage, reason, problem, remedy, mend string }{
		"a renamed table": {
			`ALTER TABLE alice.posts RENAME TO entries`, v1alpha1.ReasonTableMissing,
			missing + ` If it was renamed to "entries", run: ALTER TABLE "alice"."entries" RENAME TO "posts";`, restore, "",
		},
		"a dropped table": {
			`DROP TABLE alice.posts CASCADE`, v1alpha1.ReasonTableMissing, missing, restore,
			`CREATE TABLE alice.posts (LIKE bob.posts INCLUDING ALL); ALTER TABLE alice.posts OWNER TO echoblogs_operator`,
		},
		"a view in place of the table": {
			`ALTER TABLE alice.posts SET SCHEMA public; CREATE VIEW alice.posts AS SELECT * FROM public.posts`, v1alpha1.ReasonTableMissing, missing, restore,
			`DROP VIEW alice.posts; ALTER TABLE public.posts SET SCHEMA alice`,
		},
		"the schema of another role": {
			`ALTER SCHEMA alice OWNER TO CURRENT_USER`, v1alpha1.ReasonSchemaNotOwned,
			`The schema "alice" belongs to the role "ADMIN" instead of "echoblogs_operator". Run: ALTER SCHEMA "alice" OWNER TO "echoblogs_operator";`, run, "",
		},
		"the table of another role, without privileges": {
			`ALTER TABLE alice.posts OWNER TO CURRENT_USER; REVOKE ALL ON alice.posts FROM echoblogs_blog`, v1alpha1.ReasonSchemaNotOwned,
			`The table "posts" of the schema "alice" belongs to the role "ADMIN" instead of "echoblogs_operator". ` +
				`Run: ALTER TABLE "alice"."posts" OWNER TO "echoblogs_operator"; ` +
				`The role "echoblogs_blog" lacks SELECT, INSERT, UPDATE, DELETE on the table "posts" of the schema "alice". ` +
				`Run: GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "alice"."posts" TO "echoblogs_blog";`, run, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			p.ReadyTenant("alice")
			p.ReadyTenant("bob")
			p.AsAdministrator(strings.Split(test.damage, "; ")...)
			problem := strings.ReplaceAll(test.problem, "ADMIN", p.administrator())
			if found := p.doctor(); found != "Tenant alice: "+problem {
				t.Errorf("the doctor finds %q, want %q", found, problem)
			}
			p.PassMinute()
			message := p.databaseReady("alice", test.reason)
			if message != problem+test.remedy {
				t.Errorf("the message is %q, want %q", message, problem+test.remedy)
			}
			p.WaitCondition("alice", v1alpha1.ConditionServing, metav1.ConditionUnknown, v1alpha1.ReasonWaiting)

			// What protects is in effect nevertheless.
			p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
			p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
			p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = nil })
			p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, v1alpha1.ReasonPaid)

			if test.mend == "" {
				test.mend = statementIn(message)
			}
			p.AsAdministrator(strings.Split(test.mend, "; ")...)
			p.PassMinute()
			p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
			p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("alice"))
			if found := p.doctor(); found != "" {
				t.Errorf("in the end, the doctor finds %q", found)
			}
		})
	}
}

// administrator returns the role that AsAdministrator uses.
func (p *platform) administrator() string {
	p.T.Helper()
	return query[string](p, `SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()`)
}

func TestDeletionOfASchemaOfAnotherRole(t *testing.T) {
	t.Parallel()
	for _, policy := range []v1alpha1.DeletionPolicy{v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = policy })
			p.AsAdministrator(`ALTER SCHEMA alice OWNER TO CURRENT_USER`)
			if err := p.Client.Delete(t.Context(), p.Tenant("alice")); err != nil {
				t.Fatal(err)
			}
			message := p.databaseReady("alice", v1alpha1.ReasonSchemaNotOwned)
			want := fmt.Sprintf(`The schema "alice" belongs to the role %q instead of "echoblogs_operator". Run: ALTER SCHEMA "alice" OWNER TO "echoblogs_operator"; `+
				"Run the statement in the message as an administrator of the database. The operator continues within a minute.", p.administrator())
			if message != want {
				t.Errorf("the message is %q, want %q", message, want)
			}
			p.AsAdministrator(statementIn(message))
			p.PassMinute()
			p.WaitGone("alice")
		})
	}
}

func TestAdoptionOfASchemaOfAnotherRole(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Database.AdoptableSchemas = []string{"legacy", "partial"} })
	p.ReadyTenant("bob")
	tables := blogapp.Application.Grants[0].Tables
	p.AsAdministrator(`CREATE SCHEMA legacy`, `GRANT ALL ON SCHEMA legacy TO echoblogs_operator`)
	for _, table := range tables {
		p.AsAdministrator(`CREATE TABLE legacy.` + table + ` (LIKE bob.` + table + ` INCLUDING ALL)`)
	}
	p.CreateTenant("alice", withSchema("legacy"), operatortest.Annotate(v1alpha1.AnnotationAdoptSchema, blogapp.Application.Latest()))
	message := p.databaseReady("alice", v1alpha1.ReasonSchemaNotOwned)
	for _, want := range []string{`ALTER SCHEMA "legacy" OWNER TO "echoblogs_operator";`, `ALTER TABLE "legacy"."posts" OWNER TO "echoblogs_operator";`} {
		if !contains(message, want) {
			t.Errorf("the message is %q, want that it contains %q", message, want)
		}
	}
	p.AsAdministrator(`ALTER SCHEMA legacy OWNER TO echoblogs_operator`)
	for _, table := range tables {
		p.AsAdministrator(`ALTER TABLE legacy.` + table + ` OWNER TO echoblogs_operator`)
	}
	p.PassMinute()
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("alice"))

	p.Exec(`CREATE SCHEMA partial`)
	p.CreateTenant("carol", withSchema("partial"), operatortest.Annotate(v1alpha1.AnnotationAdoptSchema, blogapp.Application.Latest()))
	if message := p.databaseReady("carol", v1alpha1.ReasonTableMissing); !strings.HasPrefix(message, `The table "posts" of the schema "partial" is missing. `) {
		t.Errorf("the message is %q", message)
	}
}

// A tombstone that the operator cannot drop is reported, and keeps it neither from the others nor from checking Tenants.
func TestTombstoneOfAnotherRole(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	tombstone := func(name string) string {
		p.ReadyTenant(name)
		p.DeleteTenants(name)
		return query[string](p, `SELECT tombstone_schema FROM public.tenants WHERE name = $1`, name)
	}
	foreign, ours := tombstone("alice"), tombstone("bob")
	p.AsAdministrator(`ALTER SCHEMA ` + foreign + ` OWNER TO CURRENT_USER`)
	want := fmt.Sprintf(`The schema %[1]q belongs to the role %[2]q instead of "echoblogs_operator". Run: ALTER SCHEMA %[1]q OWNER TO "echoblogs_operator";`, foreign, p.administrator())
	if found := p.doctor(); found != "Schema "+foreign+": "+want {
		t.Errorf("the doctor finds %q, want %q", found, want)
	}
	p.ReadyTenant("carol")
	p.Exec(`REVOKE USAGE ON SCHEMA carol FROM echoblogs_blog`)
	p.Clock.SetTime(p.Clock.Now().Add(31 * 24 * time.Hour))
	p.PassMinute()
	p.Wait("the other tombstone is purged", func(context.Context) error { return wantCount(query[int](p, operatortest.SchemaCount, ours), 0) })
	p.WaitPlatform(v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonSchemaNotOwned)
	if err := operatortest.WantText(p.ReadPlatform().Status.Conditions, want); err != nil {
		t.Error(err)
	}
	p.WantEvent("carol", v1alpha1.ReasonPrivilegesRepaired)
	p.AsAdministrator(`ALTER SCHEMA ` + foreign + ` OWNER TO echoblogs_operator`)
	p.PassMinute()
	p.Wait("the tombstone is purged", func(context.Context) error { return wantCount(query[int](p, operatortest.SchemaCount, foreign), 0) })
	p.WaitReady()
}

func TestDefectsOfThePublicSchema(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	for _, damage := range []string{
		`REVOKE ALL ON public.domains FROM echoblogs_blog`, `REVOKE INSERT, UPDATE ON public.users FROM echoblogs_portal`,
		`GRANT UPDATE, SELECT ON public.audit TO echoblogs_portal`, `GRANT SELECT ON public.users TO PUBLIC`, `GRANT INSERT, SELECT ON public.schema_migrations TO echoblogs_blog`,
		`GRANT SELECT (password_hash, email) ON public.users TO echoblogs_blog`,
		`GRANT SELECT ON public.tenants TO pg_monitor`, // the administrator's own
	} {
		p.Exec(damage)
	}
	want := []string{
		`Schema public: The role "echoblogs_blog" lacks SELECT on the table "domains" of the schema "public". ` +
			`Run: GRANT SELECT ON TABLE "public"."domains" TO "echoblogs_blog";`,
		`Schema public: The role "echoblogs_portal" lacks INSERT, UPDATE on the table "users" of the schema "public". ` +
			`Run: GRANT INSERT, UPDATE ON TABLE "public"."users" TO "echoblogs_portal";`,
		`Schema public: The role "echoblogs_portal" has UPDATE on the table "audit" of the schema "public", which EchoBlogs has not granted. ` +
			`Run: REVOKE UPDATE ON TABLE "public"."audit" FROM "echoblogs_portal";`,
		`Schema public: The role "echoblogs_blog" has INSERT, SELECT on the table "schema_migrations" of the schema "public", ` +
			`which EchoBlogs has not granted. Run: REVOKE INSERT, SELECT ON TABLE "public"."schema_migrations" FROM "echoblogs_blog";`,
		`Schema public: Every role has SELECT on the table "users" of the schema "public", which EchoBlogs has not granted. ` +
			`Run: REVOKE SELECT ON TABLE "public"."users" FROM PUBLIC;`,
		`Schema public: The role "echoblogs_blog" has SELECT on the table "users" of the schema "public", which EchoBlogs has not granted. ` +
			`Run: REVOKE SELECT ON TABLE "public"."users" FROM "echoblogs_blog";`,
	}
	if diff := cmp.Diff(want, strings.Split(p.doctor(), "\n")); diff != "" {
		t.Errorf("the doctor finds (-want +got):\n%s", diff)
	}
	p.PassMinute()
	p.Wait("the privileges are as declared again", func(context.Context) error {
		if found := p.doctor(); found != "" {
			return fmt.Errorf("the doctor finds %s", found)
		}
		return nil
	})

	p.AsAdministrator(`REVOKE USAGE ON SCHEMA public FROM echoblogs_blog, PUBLIC`)
	p.PassMinute()
	p.WaitPlatform(v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonPrivilegesMissing)
	if err := operatortest.WantText(p.ReadPlatform().Status.Conditions, `Run: GRANT USAGE ON SCHEMA "public" TO "echoblogs_blog";`); err != nil {
		t.Error(err)
	}
	p.AsAdministrator(`GRANT USAGE ON SCHEMA public TO echoblogs_blog`)
	p.PassMinute()
	p.WaitReady()

	p.AsAdministrator(`ALTER TABLE public.domains OWNER TO CURRENT_USER`)
	p.PassMinute()
	p.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaNotOwned)
	if err := operatortest.WantText(p.ReadPlatform().Status.Conditions, `Run: ALTER TABLE "public"."domains" OWNER TO "echoblogs_operator";`); err != nil {
		t.Error(err)
	}
	p.AsAdministrator(`ALTER TABLE public.domains OWNER TO echoblogs_operator`)
	p.PassMinute()
	p.WaitReady()
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if found := p.doctor(); found != "" {
		t.Errorf("in the end, the doctor finds %q", found)
	}
}
