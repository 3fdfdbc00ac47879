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

// SchemaSizes returns how many bytes the tables of schemas take, with their indexes and what is stored beside them. A
// schema that is not there, or has no table, is not in the answer. It takes no right on the schemas, and waits for those
// who alter their tables: bound it by ctx. On a Citus cluster it would count what the coordinator holds alone.
func SchemaSizes(ctx context.Context, db Querier, schemas []string) (map[string]int64, error) {
	rows, err := db.Query(ctx, `SELECT n.nspname::text, sum(pg_total_relation_size(c.oid))::bigint
		FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
		WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'm', 'S') GROUP BY n.nspname`, schemas)
	if err != nil {
		return nil, fmt.Errorf("measure schemas: %w", err)
	}
	sizes := make(map[string]int64, len(schemas))
	var (
		name string
		size *int64
	)
	_, err = pgx.ForEachRow(rows, []any{&name, &size}, func() error {
		if size != nil {
			sizes[name] = *size
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure schemas: %w", err)
	}
	return sizes, nil
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
