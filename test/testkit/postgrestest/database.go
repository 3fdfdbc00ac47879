// Package postgrestest gives each test its own empty database on a real PostgreSQL
// server.
package postgrestest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// timeout bounds the creation, and the removal, of one database.
const timeout = time.Minute

// Database is an empty database that belongs to one test.
type Database struct {
	// Name of the database.
	Name string
	// RolePrefix is the start of the names of the roles.
	RolePrefix postgres.RolePrefix
	// AdminURI connects as the superuser. Each of the other URIs connects as the
	// login role of one program, with the privileges that the installer grants.
	AdminURI, OperatorURI, BlogURI, PortalURI string
}

// New creates a database, and drops it after the test, even if connections are still
// open. The first call in a test program starts the server, which ends with the
// program. If ECHOBLOGS_TEST_POSTGRES_URI is set, that server is used instead; it
// is the connection string of an administrator.
func New(t testing.TB) *Database {
	t.Helper()
	return empty.New(t)
}

// empty is a database with the privileges that the installer grants.
var empty = NewTemplate(func(context.Context, *Database) error { return nil })

// NewInstallation is New with roles that begin with another prefix. They are removed after the test.
func NewInstallation(t testing.TB, prefix postgres.RolePrefix) *Database {
	t.Helper()
	administrator := sharedServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if err := createRoles(ctx, administrator, prefix); err != nil {
		t.Fatalf("Create the roles of another installation: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := administrator.execute(ctx, "DROP ROLE "+strings.Join(prefix.Roles(programs()...), ", ")); err != nil {
			t.Errorf("Drop the roles of another installation: %v", err)
		}
	})
	return newDatabase(t, administrator, prefix)
}

// programs are those with roles.
func programs() []string {
	return append(blog.Application.Programs(), postgres.Operator, postgres.Portal)
}

// newDatabase creates a database with the privileges that the installer grants, and drops it after the test.
func newDatabase(t testing.TB, administrator *administrator, prefix postgres.RolePrefix) *Database {
	t.Helper()
	return untilEnd(t, administrator, func(ctx context.Context) (*Database, error) { return create(ctx, administrator, prefix) })
}

// untilEnd calls create and drops the database after the test.
func untilEnd(t testing.TB, administrator *administrator, create func(context.Context) (*Database, error)) *Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	database, err := create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The context of the test has ended when its cleanups run.
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := administrator.execute(ctx, "DROP DATABASE "+pgx.Identifier{database.Name}.Sanitize()+" WITH (FORCE)"); err != nil {
			t.Errorf("Drop the test's database: %v", err)
		}
	})
	return database
}

// create creates a database on the administrator's server, with the privileges that the installer grants.
func create(ctx context.Context, administrator *administrator, prefix postgres.RolePrefix) (*Database, error) {
	database, err := copyOf(ctx, administrator, prefix, "template1")
	if err != nil {
		return nil, err
	}
	if err := prepareDatabase(ctx, database.AdminURI, postgres.BootstrapSQL(prefix, blog.Application.Programs())); err != nil {
		return nil, err
	}
	return database, nil
}

// copyOf creates a copy of a template, without its privileges and settings.
func copyOf(ctx context.Context, administrator *administrator, prefix postgres.RolePrefix, template string) (*Database, error) {
	name := "test_" + strings.ToLower(rand.Text())
	// Without fsync, copying files is cheaper than writing every page to the write-ahead log.
	err := administrator.execute(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY",
		pgx.Identifier{name}.Sanitize(), pgx.Identifier{template}.Sanitize()))
	if err != nil {
		return nil, fmt.Errorf("create the test's database: %w", err)
	}
	return &Database{
		Name: name, RolePrefix: prefix,
		AdminURI:    withDatabase(administrator.uri, name),
		OperatorURI: withRole(administrator.uri, name, prefix.Role(postgres.Operator)),
		BlogURI:     withRole(administrator.uri, name, prefix.Role(blog.Program)),
		PortalURI:   withRole(administrator.uri, name, prefix.Role(postgres.Portal)),
	}, nil
}

// createRoles creates the login roles of the programs, or sets the passwords of
// existing ones. A lock serializes test programs that share a server.
func createRoles(ctx context.Context, administrator *administrator, prefix postgres.RolePrefix) error {
	statements := []string{"SELECT pg_advisory_xact_lock(hashtext('echoblogs test roles'))"}
	for _, role := range prefix.Roles(programs()...) {
		statements = append(statements,
			fmt.Sprintf("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN CREATE ROLE %[1]s LOGIN; END IF; END $$", role),
			fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", role, password(administrator.uri, role)),
			// As the product's own SQL does, so that it need not when tests run it in parallel.
			fmt.Sprintf("DO $$ BEGIN EXECUTE format('ALTER ROLE %s CONNECTION LIMIT %%s', current_setting('max_connections')::int / 2); END $$", role),
		)
	}
	return administrator.execute(ctx, "BEGIN; "+strings.Join(statements, "; ")+"; COMMIT")
}

// password derives the password of a role from the administrator's connection
// string, so that test programs that share a server use the same one.
func password(administrator, role string) string {
	mac := hmac.New(sha256.New, []byte(administrator))
	mac.Write([]byte(role))
	return hex.EncodeToString(mac.Sum(nil))
}

// withDatabase returns the administrator's connection to another database.
func withDatabase(administrator, database string) string {
	uri := mustParse(administrator)
	uri.Path = "/" + database
	return uri.String()
}

// withRole returns a role's connection to a database.
func withRole(administrator, database, role string) string {
	uri := mustParse(administrator)
	uri.Path = "/" + database
	uri.User = url.UserPassword(role, password(administrator, role))
	return uri.String()
}

// mustParse parses what sharedServer has checked.
func mustParse(uri string) *url.URL {
	parsed, err := url.Parse(uri)
	if err != nil {
		panic(err)
	}
	return parsed
}
