package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// databaseName is the one database of the demo.
const databaseName = "echoblogs"

// database is a running server, with the connection strings of our programs.
type database struct {
	server           *postgresserver.Server
	administratorURI string
	operatorURI      string
	blogURIFile      string // the file that holds the blog's
	portalURIFile    string // the public site's
}

// startDatabase starts the server and prepares the database as an installer
// does: the programs' roles, their privileges, and passwords.
func startDatabase(ctx context.Context, s state, p *progress) (*database, error) {
	p.say("Starting PostgreSQL")
	server, err := postgresserver.Start(ctx, postgresserver.Options{
		DataDir:         s.database(),
		LogFile:         s.log("postgres"),
		StopWithProcess: true,
	})
	if err != nil {
		return nil, err
	}
	d := &database{server: server, administratorURI: server.URI(databaseName)}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := d.prepare(ctx, s); err != nil {
		return d, fmt.Errorf("prepare the database: %w", err)
	}
	return d, nil
}

func (d *database) prepare(ctx context.Context, s state) error {
	if err := createDatabase(ctx, d.server.URI("postgres")); err != nil {
		return err
	}
	bootstrap, err := exec.CommandContext(ctx, filepath.Join(s.programs(), "operator"), "bootstrap-sql").Output()
	if err != nil {
		return fmt.Errorf("get the SQL of roles and grants from the operator: %w", err)
	}
	connection, err := pgx.Connect(ctx, d.administratorURI)
	if err != nil {
		return fmt.Errorf("connect as the administrator: %w", err)
	}
	defer connection.Close(ctx)
	if _, err := connection.PgConn().Exec(ctx, string(bootstrap)).ReadAll(); err != nil {
		return fmt.Errorf("create roles and grants: %w", err)
	}
	uris := make(map[string]string)
	for _, program := range []string{postgres.Operator, postgres.Portal, blog.Program} {
		role, password := postgres.DefaultRolePrefix.Role(program), rand.Text()
		if _, err := connection.Exec(ctx, "ALTER ROLE "+pgx.Identifier{role}.Sanitize()+" PASSWORD '"+password+"'"); err != nil {
			return fmt.Errorf("set the password of %s: %w", role, err)
		}
		uris[program] = d.server.URIAs(databaseName, role, password)
	}
	d.operatorURI = uris[postgres.Operator]
	d.blogURIFile, d.portalURIFile = filepath.Join(s.private(), "blog-uri"), filepath.Join(s.private(), "portal-uri")
	for file, uri := range map[string]string{d.blogURIFile: uris[blog.Program], d.portalURIFile: uris[postgres.Portal]} {
		if err := os.WriteFile(file, []byte(uri), 0o600); err != nil {
			return fmt.Errorf("write a connection string: %w", err)
		}
	}
	return s.write("postgres-uri", d.administratorURI+"\n")
}

func createDatabase(ctx context.Context, uri string) error {
	connection, err := pgx.Connect(ctx, uri)
	if err != nil {
		return fmt.Errorf("connect as the administrator: %w", err)
	}
	defer connection.Close(ctx)
	var exists bool
	if err := connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", databaseName).Scan(&exists); err != nil {
		return fmt.Errorf("look for the database %s: %w", databaseName, err)
	}
	if exists {
		return nil
	}
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{databaseName}.Sanitize()); err != nil {
		return fmt.Errorf("create the database %s: %w", databaseName, err)
	}
	return nil
}
