package bootstrap_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/bootstrap"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// fixture is a namespace and a database whose roles do not exist yet.
type fixture struct {
	*platformtest.Platform
	t        *testing.T
	database *postgrestest.Database
	options  bootstrap.DatabaseOptions
	log      *bytes.Buffer
	admin    *pgx.Conn
}

func newFixture(t *testing.T, prefix postgres.RolePrefix) *fixture {
	t.Helper()
	f := &fixture{Platform: platformtest.New(t, apiserver.Shared(t).Client), t: t, database: postgrestest.New(t), log: &bytes.Buffer{}}
	f.options = bootstrap.DatabaseOptions{
		Client: f.Client, Log: slog.New(slog.NewTextHandler(f.log, nil)), Namespace: f.Namespace, AdministratorSecret: "administrator",
		RoleSecrets: map[string]string{postgres.Operator: "operator", postgres.Portal: "portal", blog.Program: "blog"},
		RolePrefix:  prefix, Application: blog.Application.Programs(),
	}
	f.createSecret("administrator", map[string]string{"uri": f.database.AdminURI})
	var err error
	if f.admin, err = pgx.Connect(t.Context(), f.database.AdminURI); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		defer f.admin.Close(ctx)
		for _, role := range f.roles() {
			f.drop(ctx, role)
		}
	})
	return f
}

// roles are the names of the roles, in the order of the Secrets.
func (f *fixture) roles() []string {
	return f.options.RolePrefix.Roles(postgres.Operator, postgres.Portal, blog.Program)
}

func (f *fixture) drop(ctx context.Context, role string) {
	f.t.Helper()
	var exists bool
	if err := f.admin.QueryRow(ctx, "SELECT to_regrole($1) IS NOT NULL", role).Scan(&exists); err != nil {
		f.t.Fatal(err)
	}
	if !exists {
		return
	}
	if _, err := f.admin.Exec(ctx, "DROP OWNED BY "+role+"; DROP ROLE "+role, pgx.QueryExecModeSimpleProtocol); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) createSecret(name string, content map[string]string) {
	f.t.Helper()
	f.CreateObject(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: content})
}

func (f *fixture) deleteSecret(name string) {
	f.t.Helper()
	if err := f.Client.Delete(f.t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: f.Namespace, Name: name}}); err != nil {
		f.t.Fatal(err)
	}
}

// uri returns the address in a Secret, or "".
func (f *fixture) uri(name string) string {
	f.t.Helper()
	var secret corev1.Secret
	if err := f.Client.Get(f.t.Context(), f.Key(name), &secret); client.IgnoreNotFound(err) != nil {
		f.t.Fatal(err)
	}
	return string(secret.Data["uri"])
}

func (f *fixture) run() {
	f.t.Helper()
	if err := bootstrap.Database(f.t.Context(), f.options); err != nil {
		f.t.Fatal(err)
	}
}

// wantError runs the command, which must fail with these texts.
func (f *fixture) wantError(texts ...string) {
	f.t.Helper()
	err := bootstrap.Database(f.t.Context(), f.options)
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			f.t.Errorf("the error is %v, want %q in it", err, text)
		}
	}
}

// wantLogins checks that each role can log in with the address in its Secret, and returns the addresses.
func (f *fixture) wantLogins() [3]string {
	f.t.Helper()
	var uris [3]string
	for i, name := range []string{"operator", "portal", "blog"} {
		uris[i] = f.uri(name)
		connection, err := pgx.Connect(f.t.Context(), uris[i])
		if err != nil {
			f.t.Fatalf("connect with the Secret %s: %v", name, err)
		}
		var user string
		if err := connection.QueryRow(f.t.Context(), "SELECT current_user").Scan(&user); err != nil || user != f.roles()[i] {
			f.t.Errorf("the Secret %s logs in as %q, want %s; error %v", name, user, f.roles()[i], err)
		}
		if err := connection.Close(f.t.Context()); err != nil {
			f.t.Error(err)
		}
	}
	return uris
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_first")
	f.run()
	first := f.wantLogins()
	f.run()
	if again := f.wantLogins(); again != first {
		t.Error("a second run has changed Secrets")
	}

	// A Secret is lost: nothing is changed until someone says so.
	f.deleteSecret("blog")
	f.wantError("bootstrap_first_blog exists", f.Namespace+"/blog", "another postgres.rolePrefix", "postgres.bootstrap.resetPasswords=true")
	if uri := f.uri("blog"); uri != "" {
		t.Error("the Secret was created although the command failed")
	}
	f.options.ResetPasswords = true
	f.run()
	if reset := f.wantLogins(); reset[0] != first[0] || reset[1] != first[1] || reset[2] == first[2] {
		t.Error("a reset does not keep the Secrets that exist, or does not change the missing one")
	}

	for _, uri := range append(first[:], f.uri("blog"), f.database.AdminURI) {
		parsed, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		if password, _ := parsed.User.Password(); password != "" && strings.Contains(f.log.String(), password) {
			t.Errorf("the log contains a password:\n%s", f.log)
		}
	}
}

// The command ended after it had created Secrets and before the database committed, or the database was lost.
func TestDatabaseContinuesAfterACrash(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_crash")
	f.run()
	first := f.wantLogins()
	for _, role := range f.roles() {
		f.drop(t.Context(), role)
	}
	f.run()
	if again := f.wantLogins(); again != first {
		t.Error("Secrets have changed")
	}
}

func TestDatabaseKeepsPasswordsFromTheServersLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_stored")
	// The server would encrypt a password that it gets in this way.
	if _, err := f.admin.Exec(t.Context(), "ALTER DATABASE "+f.database.Name+" SET password_encryption = md5"); err != nil {
		t.Fatal(err)
	}
	f.run()
	for i, uri := range f.wantLogins() {
		var stored string
		if err := f.admin.QueryRow(t.Context(), "SELECT rolpassword FROM pg_authid WHERE rolname = $1", f.roles()[i]).Scan(&stored); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(stored, "SCRAM-SHA-256$4096:") || strings.Contains(uri, stored) {
			t.Errorf("the server stores %.20s…", stored)
		}
	}
}

func TestDatabaseReadsKeysOfCloudNativePG(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_cnpg")
	uri, err := url.Parse(f.database.AdminURI)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := uri.User.Password()
	f.options.DatabaseName = f.database.Name
	keys := map[string]string{"host": uri.Hostname(), "port": uri.Port(), "dbname": "*", "username": uri.User.Username(), "password": password}
	withoutName := *uri
	withoutName.Scheme, withoutName.Path = "postgresql", "/*"
	for _, address := range []string{"", withoutName.String()} { // that of a superuser names no database
		if address != "" {
			keys["uri"] = address
		}
		f.deleteSecret("administrator")
		f.createSecret("administrator", keys)
		f.run()
		f.wantLogins()
	}
}

func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_refused")
	f.createSecret("portal", map[string]string{"uri": "postgres://other_portal:x@localhost/echoblogs"})
	f.wantError(`the Secret portal has the database user "other_portal"`, "postgres.rolePrefix=bootstrap_refused")
	f.deleteSecret("portal")

	f.deleteSecret("administrator")
	f.wantError(fmt.Sprintf("the Secret %s/administrator cannot be used: it does not exist", f.Namespace))
	f.createSecret("administrator", map[string]string{"uri": "localhost:5432"})
	f.wantError("no address of the form postgres://")
	f.deleteSecret("administrator")

	wrong, err := url.Parse(f.database.AdminURI)
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword(wrong.User.Username(), "wrong-password")
	f.createSecret("administrator", map[string]string{"uri": wrong.String()})
	f.wantError("as the administrator in the Secret administrator", "rejected the user name or password")
	for _, name := range []string{"operator", "portal", "blog"} {
		if f.uri(name) != "" {
			t.Errorf("the Secret %s was created", name)
		}
	}
}
