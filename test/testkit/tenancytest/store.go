// Package tenancytest gives tests a database as the operator leaves it.
package tenancytest

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// Open prepares a database for the product and returns the operator's store, which is closed when the test has ended. The
// application and the tables in public default to those of the product.
func Open(t testing.TB, database *postgrestest.Database, o tenancy.Options) *tenancy.Store {
	t.Helper()
	if o.Application.Name == "" {
		o.Application = blog.Application
	}
	if o.Public == nil {
		o.Public = []application.Set{migrations.Set}
	}
	o.RolePrefix = database.RolePrefix
	store, err := tenancy.Open(database.OperatorURI, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if err := store.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}
