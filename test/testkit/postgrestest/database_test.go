package postgrestest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

func TestRolesHaveTheInstallersGrants(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	tests := map[string]struct {
		uri, statement string
		wantError      string // empty: it succeeds
	}{
		"operator creates a schema":     {uri: database.OperatorURI, statement: "CREATE SCHEMA alice"},
		"operator creates public table": {uri: database.OperatorURI, statement: "CREATE TABLE public.tenants (id int PRIMARY KEY)"},
		"operator creates a role":       {uri: database.OperatorURI, statement: "CREATE ROLE more", wantError: "permission denied"},
		"blog creates a schema":         {uri: database.BlogURI, statement: "CREATE SCHEMA mine", wantError: "permission denied"},
		"blog's unqualified name":       {uri: database.BlogURI, statement: "CREATE TABLE t (id int)", wantError: "no schema has been selected"},
		"portal creates a table":        {uri: database.PortalURI, statement: "CREATE TABLE public.t (id int)", wantError: "permission denied"},
		"administrator creates a role":  {uri: database.AdminURI, statement: "DO $$ BEGIN CREATE ROLE passing; DROP ROLE passing; END $$"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection := connect(t, test.uri)
			_, err := connection.Exec(t.Context(), test.statement)
			switch {
			case test.wantError == "" && err != nil:
				t.Errorf("%s: %v", test.statement, err)
			case test.wantError != "" && (err == nil || !strings.Contains(err.Error(), test.wantError)):
				t.Errorf("%s: error %v, want one that contains %q", test.statement, err, test.wantError)
			}
		})
	}
}

func TestDatabasesAreSeparateAndDropped(t *testing.T) { //nolint:tparallel // the subtest is over before its database is looked for
	t.Parallel()
	kept := postgrestest.New(t)
	var dropped *postgrestest.Database
	t.Run("a test with an open connection", func(t *testing.T) {
		dropped = postgrestest.New(t)
		// It stays open, because the removal of the database must close it.
		if _, err := pgx.Connect(t.Context(), dropped.OperatorURI); err != nil {
			t.Fatalf("connect: %v", err)
		}
	})
	if kept.Name == dropped.Name {
		t.Errorf("two tests share the database %s", kept.Name)
	}
	var names []string
	connection := connect(t, kept.AdminURI)
	err := connection.QueryRow(t.Context(), "SELECT array_agg(datname::text) FROM pg_database WHERE datname = ANY($1)",
		[]string{kept.Name, dropped.Name}).Scan(&names)
	if err != nil {
		t.Fatalf("list databases: %v", err)
	}
	if len(names) != 1 || names[0] != kept.Name {
		t.Errorf("existing databases: %v, want only %s", names, kept.Name)
	}
}

func connect(t *testing.T, uri string) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), uri)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { connection.Close(context.Background()) })
	return connection
}
