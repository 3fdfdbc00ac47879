package bootstrap_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/bootstrap"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// Two installations of one server begin at once, with the same names of roles: only one gets them.
func TestInstallationsDoNotShareRoles(t *testing.T) {
	t.Parallel()
	fixtures := []*fixture{newFixture(t, "bootstrap_same"), newFixture(t, "bootstrap_same")}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for _, f := range fixtures { // the privileges in both databases, before either drops the roles
			if _, err := f.admin.Exec(ctx, "DROP OWNED BY "+strings.Join(f.roles(), ", ")); err != nil {
				t.Error(err)
			}
		}
	})
	errs := make([]error, len(fixtures))
	var wg sync.WaitGroup
	for i, f := range fixtures {
		wg.Go(func() { errs[i] = bootstrap.Database(t.Context(), f.options) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("the errors are %v and %v, want one", errs[0], errs[1])
	}
	winner, loser := fixtures[0], fixtures[1]
	if errs[0] != nil {
		winner, loser = loser, winner
	}
	loser.wantError("bootstrap_same_operator exists", "choose another postgres.rolePrefix")
	for _, name := range []string{"operator", "portal", "blog"} {
		if loser.uri(name) != "" {
			t.Errorf("the installation without roles has the Secret %s", name)
		}
	}
	winner.wantLogins()
}

// The address of the administrator is changed to another database: the programs would go on with the one in their Secrets.
func TestAnotherDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_moved")
	f.run()
	first := f.wantLogins()
	other := postgrestest.New(t)
	f.deleteSecret("administrator")
	f.createSecret("administrator", map[string]string{"uri": other.AdminURI})
	f.wantError(f.Namespace+"/operator", f.database.Name, other.Name)
	if again := f.wantLogins(); again != first {
		t.Error("Secrets have changed")
	}

	// A pooler before the same database is another server.
	uri, err := url.Parse(f.database.AdminURI)
	if err != nil {
		t.Fatal(err)
	}
	uri.Host = strings.ReplaceAll(uri.Host, uri.Hostname(), "localhost")
	f.deleteSecret("administrator")
	f.createSecret("administrator", map[string]string{"uri": uri.String()})
	f.run()
	if !strings.Contains(f.log.String(), "The Secret of a database role has another server than the administrator's") {
		t.Errorf("the log is\n%s", f.log)
	}
}

// What belongs to the administrator alone is not written into the Secrets of the roles.
func TestSecretsHaveNoCredentialsOfTheAdministrator(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "bootstrap_query")
	uri, err := url.Parse(f.database.AdminURI)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := uri.User.Password()
	query := uri.Query()
	query.Set("user", uri.User.Username())
	query.Set("password", password)
	query.Set("connect_timeout", "7")
	uri.User, uri.RawQuery = url.User("nobody"), query.Encode()
	f.deleteSecret("administrator")
	f.createSecret("administrator", map[string]string{"uri": uri.String()})
	f.run()
	for _, written := range f.wantLogins() {
		if !strings.Contains(written, "connect_timeout=7") || password != "" && strings.Contains(written, password) {
			t.Error("a Secret lacks a parameter of the connection, or has the administrator's password")
		}
	}
}
