// Package migrations has the migrations of the account tables in public, which the operator applies for the public site.
package migrations

import (
	"embed"

	"github.com/echoblogs/echoblogs/internal/application"
)

//go:embed *.sql
var files embed.FS

// Set are the migrations.
var Set = application.Set{Name: "account", Migrations: application.MustReadMigrations(files, ".")}
