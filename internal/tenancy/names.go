package tenancy

import (
	"context"
	"fmt"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// NameTakenSQL is the condition under which the registry keeps anyone from signing up with a name: $1 is the name, $2 its
// schema and $3 its host. It covers live tenants and tombstones, and the owners of both. A name that is only held for a
// minute after its release is not taken.
const NameTakenSQL = `(EXISTS (SELECT FROM public.tenants WHERE name = $1 AND state IN (` + LiveSQL + `, ` + TombstoneSQL + `))
	OR EXISTS (SELECT FROM public.tenants WHERE owner = $1 AND owner <> '' AND state IN (` + LiveSQL + `, ` + TombstoneSQL + `))
	OR EXISTS (SELECT FROM public.tenants WHERE schema_name = $2 AND state IN (` + LiveSQL + `, ` + TombstoneSQL + `))
	OR EXISTS (SELECT FROM pg_namespace WHERE nspname = $2)
	OR EXISTS (SELECT FROM public.domains d LEFT JOIN public.tenants t ON t.id = d.tenant_id WHERE d.host = $3
		AND (t.id IS NULL OR t.state = ` + TombstoneSQL + ` OR t.state = ` + LiveSQL + ` AND d.released_at IS NULL)))`

// NameTaken reports whether the registry keeps anyone from signing up with a name for a tenant at a host.
func (r Reader) NameTaken(ctx context.Context, name, host string) (taken bool, err error) {
	if err := r.db.QueryRow(ctx, `SELECT `+NameTakenSQL, name, naming.Schema(name), host).Scan(&taken); err != nil {
		return false, fmt.Errorf("check whether the name %s is taken: %w", name, err)
	}
	return taken, nil
}
