package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// UnknownSchemas returns schemas of the database that no row speaks of, at most limit, apart from Postgres' own.
func UnknownSchemas(ctx context.Context, db Querier, limit int) ([]string, error) {
	return names(ctx, db, `SELECT n.nspname::text FROM pg_namespace n
		WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('public', 'information_schema') AND NOT EXISTS (
			SELECT FROM public.tenants t WHERE t.state = 'live' AND t.schema_name = n.nspname OR t.tombstone_schema = n.nspname)
		ORDER BY n.nspname LIMIT $1`, limit)
}

// LostTombstones returns tombstones whose schema has vanished, at most limit.
func LostTombstones(ctx context.Context, db Querier, limit int) ([]string, error) {
	return names(ctx, db, `SELECT t.tombstone_schema FROM public.tenants t
		WHERE t.tombstone_schema IS NOT NULL AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = t.tombstone_schema)
		ORDER BY t.tombstone_schema LIMIT $1`, limit)
}

func names(ctx context.Context, db Querier, sql string, limit int) ([]string, error) {
	rows, err := db.Query(ctx, sql, limit)
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	return found, nil
}
