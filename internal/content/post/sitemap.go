package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// selectVisible are the posts and pages that search engines may list at the time $1. Those that were published elsewhere first are not among
// them: their address is there.
const selectVisible = ` WHERE published_at <= $1 AND canonical_url = ''`

// CountVisible returns how many posts and pages search engines may list at the time now.
func (s Store) CountVisible(ctx context.Context, db postgres.Querier, now time.Time) (count int, err error) {
	rows, err := db.Query(ctx, `SELECT count(*) FROM `+s.table+selectVisible, binary, now)
	if err == nil {
		count, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	}
	if err != nil {
		return 0, fmt.Errorf("count visible posts: %w", err)
	}
	return count, nil
}

// EachVisible calls visit with the slugs of the posts and pages that search engines may list at the time now, and the times of their last
// changes, the oldest post first: at most limit, after skipping offset.
func (s Store) EachVisible(ctx context.Context, db postgres.Querier, now time.Time, limit, offset int, visit func(slug string, changed time.Time)) error {
	rows, err := db.Query(ctx, `SELECT slug, greatest(updated_at, published_at) FROM `+s.table+selectVisible+`
		ORDER BY published_at, id LIMIT $2 OFFSET $3`, binary, now, limit, offset)
	if err == nil {
		var (
			slug    string
			changed time.Time
		)
		_, err = pgx.ForEachRow(rows, []any{&slug, &changed}, func() error {
			visit(slug, changed)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("list visible posts: %w", err)
	}
	return nil
}
