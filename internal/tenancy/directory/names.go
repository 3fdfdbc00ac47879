package directory

import (
	"context"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// NameTaken reports whether the registry keeps anyone from signing up with a name for a tenant at a host. It is a query: the
// directory has only live tenants, and deleted ones keep their names while their data is retained.
func NameTaken(ctx context.Context, db postgres.Querier, name, host string) (bool, error) {
	return tenancy.NewReader(db).NameTaken(ctx, name, host)
}
