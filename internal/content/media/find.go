package media

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Find is Store.Find for the uploads in a schema, as one statement on a connection or pool that the caller has.
func Find(ctx context.Context, db postgres.Querier, schema string, ids []string) ([]File, error) {
	return find(ctx, db, pgx.Identifier{schema, "media"}.Sanitize(), ids)
}

func find(ctx context.Context, db postgres.Querier, table string, ids []string) ([]File, error) {
	if len(ids) > MaxFound {
		return nil, fmt.Errorf("find %d uploads: at most %d at once", len(ids), MaxFound)
	}
	files, err := selectFiles(ctx, db, table, `WHERE id = ANY ($1) AND completed_at IS NOT NULL`, ids)
	if err != nil {
		return nil, fmt.Errorf("find uploads: %w", err)
	}
	return files, nil
}

func selectFiles(ctx context.Context, db postgres.Querier, table, clauses string, args ...any) ([]File, error) {
	rows, err := db.Query(ctx, `SELECT id, name, type, size, width, height, alt, created_at, variants::text, hash FROM `+table+` `+clauses, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f File, err error) {
		var variants string
		if err := row.Scan(&f.ID, &f.Name, &f.Type, &f.Size, &f.Width, &f.Height, &f.Alt, &f.CreatedAt, &variants, &f.Hash); err != nil {
			return f, err
		}
		if err := json.Unmarshal([]byte(variants), &f.Variants); err != nil {
			return f, fmt.Errorf("decode the variants of upload %s: %w", f.ID, err)
		}
		return f, nil
	})
}
