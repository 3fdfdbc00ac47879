// Package migrations has the migrations and the privileges of the account tables in public, which the operator applies for the public site.
package migrations

import (
	"embed"

	"github.com/echoblogs/echoblogs/internal/application"
)

//go:embed *.sql
var files embed.FS

// Set are the migrations, and the privileges on the tables.
var Set = application.Set{Name: "account", Migrations: application.MustReadMigrations(files, "."), Grants: grants}
