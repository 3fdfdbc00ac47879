package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// platformDatabase is the database of the Platform.
	platformDatabase = "echoblogs"
	// limitDatabase has the same public tables, and the schemas of the limits, which have no Tenant.
	limitDatabase = "limits"
)

// databases are the connection strings of two databases on one server, both prepared as by an installer.
type databases struct {
	administrator string            // of the Platform's database
	operator      map[string]string // the operator's, by database
	blogFile      string            // the file with the blog's
}

func (s *stack) createDatabases(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s.databases = databases{administrator: s.postgres.URI(platformDatabase), operator: map[string]string{}}
	for _, name := range []string{platformDatabase, limitDatabase} {
		if err := execute(ctx, s.postgres.URI("postgres"), "CREATE DATABASE "+name); err != nil {
			return fmt.Errorf("create the database %s: %w", name, err)
		}
		if err := execute(ctx, s.postgres.URI(name), postgres.BootstrapSQL("", blog.Application.Programs())); err != nil {
			return fmt.Errorf("create the roles in the database %s: %w", name, err)
		}
	}
	operatorRole, blogRole := postgres.DefaultRolePrefix.Role(postgres.Operator), postgres.DefaultRolePrefix.Role(blog.Program)
	passwords := map[string]string{operatorRole: rand.Text(), blogRole: rand.Text()}
	for role, password := range passwords {
		if err := execute(ctx, s.databases.administrator, "ALTER ROLE "+role+" PASSWORD '"+password+"'"); err != nil {
			return fmt.Errorf("set the password of %s: %w", role, err)
		}
	}
	for _, name := range []string{platformDatabase, limitDatabase} {
		s.databases.operator[name] = s.postgres.URIAs(name, operatorRole, passwords[operatorRole])
	}
	blogURI := s.postgres.URIAs(platformDatabase, blogRole, passwords[blogRole])
	s.databases.blogFile = filepath.Join(s.private(), "blog-uri")
	if err := os.WriteFile(s.databases.blogFile, []byte(blogURI), 0o600); err != nil {
		return fmt.Errorf("write the blog's connection string: %w", err)
	}
	return nil
}

// execute runs statements on a new connection.
func execute(ctx context.Context, uri, sql string) error {
	connection, err := pgx.Connect(ctx, uri)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer connection.Close(ctx)
	_, err = connection.PgConn().Exec(ctx, sql).ReadAll()
	return err
}
