package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tombstone is a deleted tenant whose data is retained.
type Tombstone struct {
	// ID is the tenant's.
	ID int64
	// Name is the tenant's.
	Name string
	// State is StateTombstone, or StateSuperseded if another tenant has the name now.
	State State
	// SchemaName is the name of the tenant's schema before it was deleted, and TombstoneSchema the name since.
	SchemaName, TombstoneSchema string
	// ReleasedAt is when the tenant was deleted, and PurgeAt when its data is dropped.
	ReleasedAt, PurgeAt time.Time
	DeletedTenant
}

// DeletedTenant is what a tombstone keeps of the Tenant, to recreate it.
type DeletedTenant struct {
	// Object is the Tenant object. Retain keeps the one of the live row if it is the zero value.
	Object Object
	// UID is the Tenant's. Empty: unknown.
	UID string
	// Owner is the user who owned the Tenant. Empty: none.
	Owner string
}

// ListTombstones returns the tombstones with text in their name or their owner's, the newest tenant first, at most limit.
// before is the id of the last one of the previous page; 0 for the first page.
func (r Reader) ListTombstones(ctx context.Context, text string, before int64, limit int) ([]Tombstone, error) {
	return r.tombstones(ctx, `AND (position($1 in t.name) > 0 OR position($1 in t.owner) > 0) AND ($2::bigint = 0 OR t.id < $2)
		ORDER BY t.id DESC LIMIT $3`, text, before, limit)
}

// maxTombstonesOf bounds how many tombstones of one owner are read.
const maxTombstonesOf = 100

// ListTombstonesOf returns the tombstones of an owner that are retained at the time now: first those that can be
// restored, and of these first the one that is retained longest.
func (r Reader) ListTombstonesOf(ctx context.Context, owner string, now time.Time) ([]Tombstone, error) {
	return r.tombstones(ctx, `AND t.owner = $1 AND t.owner <> '' AND t.purge_at > $2
		ORDER BY t.state = `+TombstoneSQL+` DESC, t.purge_at DESC, t.id DESC LIMIT $3`, owner, now, maxTombstonesOf)
}

// maxTombstonesNamed bounds how many tombstones of one name are read.
const maxTombstonesNamed = 10

// Count is how many tenants a registry has.
type Count struct{ Live, Tombstones int }

// CountTenants counts the live tenants and the tombstones. It reads all rows.
func (r Reader) CountTenants(ctx context.Context) (c Count, err error) {
	err = r.db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = `+LiveSQL+`), count(*) FILTER (WHERE tombstone_schema IS NOT NULL) FROM public.tenants`).
		Scan(&c.Live, &c.Tombstones)
	if err != nil {
		return Count{}, fmt.Errorf("count the tenants: %w", err)
	}
	return c, nil
}

// ListTombstonesNamed returns the tombstones of tenants of a name, the newest first, at most ten. The first one is
// StateTombstone, unless another tenant has the name.
func (r Reader) ListTombstonesNamed(ctx context.Context, name string) ([]Tombstone, error) {
	return r.tombstones(ctx, `AND t.name = $1 ORDER BY t.state = `+TombstoneSQL+` DESC, t.released_at DESC, t.id DESC LIMIT $2`, name, maxTombstonesNamed)
}

// FindTombstone returns the tombstone that has a name, or ErrNotFound.
func (r Reader) FindTombstone(ctx context.Context, name string) (Tombstone, error) {
	return r.oneTombstone(ctx, `AND t.name = $1 AND t.state = `+TombstoneSQL, name)
}

// GetTombstone returns the tombstone with an ID, or ErrNotFound.
func (r Reader) GetTombstone(ctx context.Context, id int64) (Tombstone, error) {
	return r.oneTombstone(ctx, `AND t.id = $1`, id)
}

func (r Reader) oneTombstone(ctx context.Context, condition string, args ...any) (Tombstone, error) {
	found, err := r.tombstones(ctx, condition, args...)
	switch {
	case err != nil:
		return Tombstone{}, err
	case len(found) == 0:
		return Tombstone{}, ErrNotFound
	}
	return found[0], nil
}

func (r Reader) tombstones(ctx context.Context, condition string, args ...any) ([]Tombstone, error) {
	rows, err := r.db.Query(ctx, `SELECT t.id, t.name, t.owner, t.state, t.schema_name, t.tombstone_schema, t.released_at, t.purge_at, t.uid, o.digest, o.object
		FROM public.tenants t JOIN public.tenant_objects o ON o.tenant_id = t.id
		WHERE t.state IN (`+TombstoneSQL+`, `+SupersededSQL+`) AND t.tombstone_schema IS NOT NULL `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Tombstone, err error) {
		err = row.Scan(&t.ID, &t.Name, &t.Owner, &t.State, &t.SchemaName, &t.TombstoneSchema, &t.ReleasedAt, &t.PurgeAt, &t.UID, &t.Object.Digest, &t.Object.JSON)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	return found, nil
}
