// Package tenancytest gives tests a database as the operator leaves it.
package tenancytest

import (
	"context"
	"testing"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// prepared is a database with the tables of the product.
var prepared = postgrestest.NewTemplate(func(ctx context.Context, database *postgrestest.Database) error {
	store, err := tenancy.Open(database.OperatorURI, options(database, tenancy.Options{}))
	if err != nil {
		return err
	}
	defer store.Close()
	return store.Prepare(ctx)
})

// NewDatabase returns a database that is prepared for the product.
func NewDatabase(t testing.TB) *postgrestest.Database {
	t.Helper()
	return prepared.New(t)
}

// Open prepares a database for the product and returns the operator's store, which is closed when the test has ended. The
// application and the tables in public default to those of the product.
func Open(t testing.TB, database *postgrestest.Database, o tenancy.Options) *tenancy.Store {
	t.Helper()
	store, err := tenancy.Open(database.OperatorURI, options(database, o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if err := store.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// options sets the defaults.
func options(database *postgrestest.Database, o tenancy.Options) tenancy.Options {
	if o.Application.Name == "" {
		o.Application = blog.Application
	}
	if o.Public == nil {
		o.Public = []application.Set{migrations.Set}
	}
	o.RolePrefix = database.RolePrefix
	return o
}
