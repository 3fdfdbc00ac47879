package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kept is a deleted tenant whose data is still there.
type Kept struct {
	// ID orders them.
	ID int64
	// Name and Owner are the tenant's. Owner is empty where nobody could write there.
	Name, Owner string
	// State is Tombstone, or Superseded where another tenant has the name by now.
	State State
	// SchemaName is what the schema was called, and TombstoneSchema what it is called now.
	SchemaName, TombstoneSchema string
	// ReleasedAt is when the tenant was deleted, and PurgeAt when its data is to be dropped.
	ReleasedAt, PurgeAt time.Time
	// Said is the spec of its Tenant, as JSON.
	Said []byte
}

// ListTombstones returns the deleted tenants with text in their name or their owner's, the newest tenant first, at most
// limit. before is the id of the last one of the page before; 0 for the first page.
func ListTombstones(ctx context.Context, db Querier, text string, before int64, limit int) ([]Kept, error) {
	return queryTombstones(ctx, db, `AND (position($1 in t.name) > 0 OR position($1 in t.owner) > 0) AND ($2::bigint = 0 OR t.id < $2)
		ORDER BY t.id DESC LIMIT $3`, text, before, limit)
}

// keptOf bounds how many deleted tenants of one owner are read.
const keptOf = 100

// ListTombstonesOf returns the deleted tenants of an owner whose data is kept at the moment now, those first that can be
// restored, and of these the one that is kept the longest.
func ListTombstonesOf(ctx context.Context, db Querier, owner string, now time.Time) ([]Kept, error) {
	return queryTombstones(ctx, db, `AND t.owner = $1 AND t.owner <> '' AND t.purge_at > $2
		ORDER BY t.state = 'tombstone' DESC, t.purge_at DESC, t.id DESC LIMIT $3`, owner, now, keptOf)
}

// FindTombstone returns the deleted tenant that can be restored under a name, or ErrNoTenant.
func FindTombstone(ctx context.Context, db Querier, name string) (Kept, error) {
	found, err := queryTombstones(ctx, db, `AND t.name = $1 AND t.state = 'tombstone'`, name)
	switch {
	case err != nil:
		return Kept{}, err
	case len(found) == 0:
		return Kept{}, ErrNoTenant
	}
	return found[0], nil
}

func queryTombstones(ctx context.Context, db Querier, further string, args ...any) ([]Kept, error) {
	rows, err := db.Query(ctx, `SELECT t.id, t.name, t.owner, t.state, t.schema_name, t.tombstone_schema, t.released_at, t.purge_at, s.spec
		FROM public.tenants t JOIN public.tombstones s ON s.tenant_id = t.id
		WHERE t.state IN ('tombstone', 'superseded') AND t.tombstone_schema IS NOT NULL `+further, args...)
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Kept])
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	return found, nil
}
