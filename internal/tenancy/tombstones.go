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
	// Name and Owner are the tenant's. Owner is empty if it had none.
	Name, Owner string
	// State is StateTombstone, or StateSuperseded if another tenant has the name now.
	State State
	// SchemaName is the name of the tenant's schema before it was deleted, and TombstoneSchema the name since.
	SchemaName, TombstoneSchema string
	// ReleasedAt is when the tenant was deleted, and PurgeAt when its data is dropped.
	ReleasedAt, PurgeAt time.Time
	// SpecJSON is the spec of its Tenant.
	SpecJSON []byte
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

// FindTombstone returns the tombstone that can be restored under a name, or ErrNotFound.
func (r Reader) FindTombstone(ctx context.Context, name string) (Tombstone, error) {
	found, err := r.tombstones(ctx, `AND t.name = $1 AND t.state = `+TombstoneSQL, name)
	switch {
	case err != nil:
		return Tombstone{}, err
	case len(found) == 0:
		return Tombstone{}, ErrNotFound
	}
	return found[0], nil
}

func (r Reader) tombstones(ctx context.Context, condition string, args ...any) ([]Tombstone, error) {
	rows, err := r.db.Query(ctx, `SELECT t.id, t.name, t.owner, t.state, t.schema_name, t.tombstone_schema, t.released_at, t.purge_at, s.spec
		FROM public.tenants t JOIN public.tombstones s ON s.tenant_id = t.id
		WHERE t.state IN (`+TombstoneSQL+`, `+SupersededSQL+`) AND t.tombstone_schema IS NOT NULL `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Tombstone])
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	return found, nil
}
