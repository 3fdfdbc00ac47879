package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// UnknownSchemas returns schemas that no row of the registry refers to, at most limit, except for those of Postgres and of
// its extensions, such as Citus. Those of extensions are read once, with NOT IN: for NOT EXISTS, the planner may look for
// each schema in all of pg_depend.
func (r Reader) UnknownSchemas(ctx context.Context, limit int) ([]string, error) {
	return r.schemaNames(ctx, `SELECT n.nspname::text FROM pg_namespace n
		WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('public', 'information_schema')
		AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.state = `+LiveSQL+` AND t.schema_name = n.nspname)
		AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.tombstone_schema = n.nspname)
		AND n.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND deptype = 'e')
		ORDER BY n.nspname LIMIT $1`, limit)
}

// LostTombstones returns the schemas of tombstones that are missing from the database, at most limit.
func (r Reader) LostTombstones(ctx context.Context, limit int) ([]string, error) {
	return r.schemaNames(ctx, `SELECT t.tombstone_schema FROM public.tenants t
		WHERE t.tombstone_schema IS NOT NULL AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = t.tombstone_schema)
		ORDER BY t.tombstone_schema LIMIT $1`, limit)
}

func (r Reader) schemaNames(ctx context.Context, sql string, limit int) ([]string, error) {
	rows, err := r.db.Query(ctx, sql, limit)
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	return found, nil
}

// SchemaSizes returns the size of schemas in bytes: their tables with indexes and TOAST. Schemas that do not exist or have
// no table are omitted. It needs no privilege on the schemas, and waits for transactions that alter their tables: bound it
// by ctx. No index finds the tables of a schema in pg_class; one of pg_depend does. On a Citus cluster it only measures the coordinator.
func (r Reader) SchemaSizes(ctx context.Context, schemas []string) (map[string]int64, error) {
	rows, err := r.db.Query(ctx, `SELECT n.nspname::text, sum(pg_total_relation_size(c.oid))::bigint
		FROM pg_namespace n
		JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass
		JOIN pg_class c ON c.oid = d.objid
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
