// Package blog is the bundled application: what the operator must know about the blog.
package blog

import (
	"embed"

	"github.com/echoblogs/echoblogs/internal/application"
)

const (
	// Program is the blog. Its database role reads the registry, and reads and writes the rows of tenants' tables.
	Program = "blog"
	// TenantHeader is the response header with the name of the tenant that a page belongs to.
	TenantHeader = "Echoblogs-Tenant"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Application is the blog.
var Application = application.Application{
	Name:       "blog",
	Migrations: application.MustReadMigrations(migrations, "migrations"),
	Grants:     grants, PublicGrants: publicGrants,
	Probe: application.Probe{
		Path:   "/",
		Header: TenantHeader,
		// 429: a blog at its rate limit serves its readers.
		Active:    []int{200, 429},
		Suspended: []int{402},
	},
}
