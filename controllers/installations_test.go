package controllers_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// install starts an installation with roles of its own on the server of all tests, with the Tenant alice and a post.
func install(t *testing.T, prefix postgres.RolePrefix) *platform {
	t.Helper()
	p := newNamespace(t, func(p *operatortest.Platform) { p.Database = postgrestest.NewInstallation(t, prefix) })
	p.Start()
	p.ReadyTenant("alice")
	p.WritePost("alice", "Of "+string(prefix))
	p.WaitBlog("alice.example.com", http.StatusOK, "Of "+string(prefix))
	return p
}

// attempt runs a statement with the role and the password of uri in another database, and returns the SQLSTATE.
func attempt(t *testing.T, uri, database, sql string) string {
	t.Helper()
	address, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + database
	connection, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		return "connect: " + postgres.Code(err)
	}
	defer connection.Close(t.Context())
	_, err = connection.Exec(t.Context(), sql)
	return postgres.Code(err)
}

func TestInstallationsOnOneServer(t *testing.T) {
	t.Parallel()
	unique := strings.ToLower(rand.Text()[:8])
	a, b := install(t, postgres.RolePrefix("a_"+unique)), install(t, postgres.RolePrefix("b_"+unique))
	for _, p := range []*platform{a, b} {
		if found := p.doctor(); found != "" {
			t.Errorf("the doctor finds %q", found)
		}
	}
	statements := []string{
		`SELECT FROM public.installation`, `SELECT FROM public.tenants`, `SELECT FROM public.users`, `DELETE FROM public.sessions`,
		`SELECT FROM public.schema_migrations`, `SELECT FROM alice.posts`, `CREATE SCHEMA mine`, `CREATE TABLE public.mine ()`,
		`DROP SCHEMA alice`, `SET ROLE ` + a.Database.RolePrefix.Role(postgres.Operator), `CREATE TEMPORARY TABLE mine ()`,
	}
	roles := []string{b.Database.OperatorURI, b.Database.BlogURI, b.Database.PortalURI}
	for _, uri := range roles {
		if got := attempt(t, uri, a.Database.Name, `SELECT`); got != "connect: 42501" {
			t.Errorf("a role of the other installation connects: %s", got)
		}
	}

	// An administrator opens the database to all.
	name := pgx.Identifier{a.Database.Name}.Sanitize()
	a.AsAdministrator(`GRANT CONNECT ON DATABASE ` + name + ` TO PUBLIC`)
	for _, uri := range roles {
		for _, sql := range statements {
			if got := attempt(t, uri, a.Database.Name, sql); got != "42501" {
				t.Errorf("%s by a role of the other installation: SQLSTATE %q", sql, got)
			}
		}
	}
	a.AsAdministrator(`GRANT CREATE ON SCHEMA public TO PUBLIC`, `GRANT CREATE, TEMPORARY ON DATABASE `+name+` TO `+a.Database.RolePrefix.Role("blog"))
	found := strings.Split(a.doctor(), "\n")
	open := []string{
		`Role PUBLIC: Every role has CREATE on the schema "public", which EchoBlogs has not granted. Run: REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;`,
		`Role PUBLIC: Every role has CONNECT on the database ` + name + `, which EchoBlogs has not granted. Run: REVOKE CONNECT ON DATABASE ` + name + ` FROM PUBLIC;`,
		fmt.Sprintf(`Role %[1]s: The role %[1]q has CREATE, TEMPORARY on the database %[2]s, which EchoBlogs has not granted. Run: REVOKE CREATE, TEMPORARY ON DATABASE %[2]s FROM %[1]q;`,
			a.Database.RolePrefix.Role("blog"), name),
	}
	if diff := cmp.Diff(open, found); diff != "" {
		t.Errorf("the doctor finds (-want +got):\n%s", diff)
	}
	for _, finding := range found {
		_, statement, _ := strings.Cut(finding, " Run: ")
		a.AsAdministrator(statement)
	}
	if found := a.doctor(); found != "" {
		t.Errorf("after these statements, the doctor finds %q", found)
	}

	// The roles of its own lose the privilege, too.
	blog := a.Database.RolePrefix.Role("blog")
	a.AsAdministrator(`REVOKE CONNECT ON DATABASE ` + name + ` FROM ` + blog)
	want := fmt.Sprintf(`The role %q lacks CONNECT on the database %s. Run: GRANT CONNECT ON DATABASE %[2]s TO %[1]q;`, blog, name)
	if found := a.doctor(); found != "Role "+blog+": "+want {
		t.Errorf("the doctor finds %q, want %q", found, want)
	}
	a.PassMinute()
	a.WaitPlatform(v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonPrivilegesMissing)
	if err := operatortest.WantText(a.ReadPlatform().Status.Conditions, want); err != nil {
		t.Error(err)
	}
	a.AsAdministrator(postgres.BootstrapSQL(a.Database.RolePrefix, a.Application.Programs()))
	a.PassMinute()
	a.WaitReady()
}

// The condition of a Platform says which roles are expected, and which command creates them.
func TestRolesOfAnotherPrefix(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	prefix := "missing_" + strings.ToLower(rand.Text()[:8])
	p.CreateObject(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "other"}, StringData: map[string]string{"uri": p.Database.PortalURI}})
	p.StartOperator(nil)
	p.CreateDefault(func(object *v1alpha1.Platform) { object.Spec.Database.RolePrefix = prefix })
	for _, want := range []struct{ reason, message string }{
		{v1alpha1.ReasonRolePrefixMismatch, fmt.Sprintf(`The user "echoblogs_operator" in the Secret is the operator with the role prefix "echoblogs", and not with that of the Platform, %q. `+
			`Command: operator bootstrap-sql --role-prefix=%[1]s`, prefix)},
		{v1alpha1.ReasonRolesMissing, fmt.Sprintf(`Database roles are missing, or may not connect to the database: "%[1]s_blog", "%[1]s_operator", "%[1]s_portal". `+
			`The user "echoblogs_portal" in the Secret cannot change that. Command: operator bootstrap-sql --role-prefix=%[1]s`, prefix)},
	} {
		p.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, want.reason)
		if err := operatortest.WantText(p.ReadPlatform().Status.Conditions, want.message); err != nil {
			t.Error(err)
		}
		p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.SecretRef.Name = "other" })
	}
}
