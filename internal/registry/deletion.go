package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Retain turns a live tenant's row into that of a tombstone, to be purged when kept has passed. Its names stay taken. said
// is the spec of its Tenant, as JSON.
func Retain(ctx context.Context, tx pgx.Tx, id int64, tombstone string, said []byte, clock Clock, kept time.Duration) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE public.tenants SET state = 'tombstone', tombstone_schema = $4, released_at = `+later+`,
		purge_at = `+later+` + $5::interval, updated_at = now() WHERE id = $3 AND state = 'live'`,
		clock.Now, clock.MaxSkew, id, tombstone, kept)
	batch.Queue(`INSERT INTO public.tombstones (tenant_id, spec) VALUES ($1, $2)`, id, string(said))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("turn tenant %d into a tombstone: %w", id, err)
	}
	return Notify(ctx, tx, id)
}

// Release says that a tenant and its data are gone. Its names are held for a minute.
func Release(ctx context.Context, tx pgx.Tx, id int64, clock Clock) error {
	_, err := tx.Exec(ctx, `UPDATE public.tenants SET state = 'released', released_at = `+later+`, updated_at = now()
		WHERE id = $3 AND state = 'live'`, clock.Now, clock.MaxSkew, id)
	if err != nil {
		return fmt.Errorf("release the names of tenant %d: %w", id, err)
	}
	return Notify(ctx, tx, id)
}

// Revive makes a tombstone's row live again, in the schema schemaName. It returns the row's new UpdatedAt.
func Revive(ctx context.Context, tx pgx.Tx, id int64, schemaName string) (updatedAt time.Time, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE public.tenants SET state = 'live', schema_name = $2, tombstone_schema = NULL,
		released_at = NULL, purge_at = NULL, updated_at = now() WHERE id = $1 AND state = 'tombstone'
		RETURNING updated_at`, id, schemaName).QueryRow(func(row pgx.Row) error { return row.Scan(&updatedAt) })
	batch.Queue(`DELETE FROM public.tombstones WHERE tenant_id = $1`, id)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return time.Time{}, fmt.Errorf("revive tenant %d: %w", id, err)
	}
	return updatedAt, nil
}

// SetVersion records the version of a tenant's schema.
func SetVersion(ctx context.Context, tx pgx.Tx, id int64, version int32) error {
	_, err := tx.Exec(ctx, `UPDATE public.tenants SET schema_version = $2, updated_at = now() WHERE id = $1`, id, version)
	if err != nil {
		return fmt.Errorf("record version %d of tenant %d: %w", version, id, err)
	}
	return nil
}

// Lock reads the tenant called name and keeps its row from others until the transaction ends. It returns ErrNoTenant
// where there is none.
func Lock(ctx context.Context, tx pgx.Tx, name string) (Tenant, error) {
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM public.tenants WHERE name = $1 AND state <> 'superseded' FOR UPDATE`, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, ErrNoTenant
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("lock tenant %s: %w", name, err)
	}
	return Find(ctx, tx, name)
}

// Purgeable is a tombstone whose retention is over.
type Purgeable struct {
	ID     int64
	Schema string
}

// FindPurgeable returns tombstones whose retention is over, the oldest first, at most limit.
func FindPurgeable(ctx context.Context, db Querier, clock Clock, limit int) ([]Purgeable, error) {
	rows, err := db.Query(ctx, `SELECT id, tombstone_schema FROM public.tenants
		WHERE state IN ('tombstone', 'superseded') AND purge_at <= `+earlier+` ORDER BY purge_at, id LIMIT $3`,
		clock.Now, clock.MaxSkew, limit)
	if err != nil {
		return nil, fmt.Errorf("look for tombstones to purge: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Purgeable])
	if err != nil {
		return nil, fmt.Errorf("look for tombstones to purge: %w", err)
	}
	return found, nil
}

// Delete removes the row of a tombstone, and its hosts with it.
func Delete(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM public.tenants WHERE id = $1 AND state <> 'live'`, id); err != nil {
		return fmt.Errorf("delete the row of tenant %d: %w", id, err)
	}
	return nil
}

// DeleteExpiredHolds removes rows that only held names, where the hold is over. A hold that was begun by a clock that
// was ahead begins anew, so that it ends.
func DeleteExpiredHolds(ctx context.Context, db Querier, clock Clock) error {
	batch := &pgx.Batch{}
	for _, sql := range []string{
		`DELETE FROM public.tenants WHERE state = 'released' AND released_at <= ` + freed,
		`DELETE FROM public.domains WHERE released_at <= ` + freed + `
			AND tenant_id IN (SELECT id FROM public.tenants WHERE state = 'live')`,
		`UPDATE public.tenants SET released_at = ` + later + `, updated_at = now()
			WHERE state IN ('released', 'superseded') AND released_at > ` + later,
		`UPDATE public.domains SET released_at = ` + later + ` WHERE released_at > ` + later,
	} {
		batch.Queue(sql, clock.Now, clock.MaxSkew)
	}
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("remove names whose hold is over: %w", err)
	}
	return nil
}
