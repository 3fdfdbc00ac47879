package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const selectSources = `SELECT id, slug, title, author, content, published_at IS NULL, coalesce(published_at, draft_date), updated_at FROM `

// ListAll returns all posts, drafts included, newest first: at most limit, after skipping offset.
func (s Store) ListAll(ctx context.Context, db postgres.Querier, limit, offset int) ([]Item, error) {
	rows, err := db.Query(ctx, `SELECT slug, title, published_at, updated_at FROM `+s.table+`
		ORDER BY coalesce(published_at, updated_at) DESC, id DESC LIMIT $1 OFFSET $2`, binary, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list all posts: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Item, error) {
		var (
			i         Item
			published *time.Time
		)
		err := row.Scan(&i.Slug, &i.Title, &published, &i.UpdatedAt)
		i.PublishedAt = orZero(published)
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("list all posts: %w", err)
	}
	return items, nil
}

// Find returns the post with a slug, whether readers see it or not, or ErrNotFound.
func (s Store) Find(ctx context.Context, db postgres.Querier, slug string) (Source, error) {
	return s.findOne(ctx, db, `WHERE slug = $1`, slug)
}

// FindByID returns the post with an ID, whether readers see it or not, or ErrNotFound.
func (s Store) FindByID(ctx context.Context, db postgres.Querier, id int64) (Source, error) {
	return s.findOne(ctx, db, `WHERE id = $1`, id)
}

func (s Store) findOne(ctx context.Context, db postgres.Querier, where string, key any) (Source, error) {
	sources, err := s.selectSources(ctx, db, where, key)
	switch {
	case err != nil:
		return Source{}, err
	case len(sources) == 0:
		return Source{}, ErrNotFound
	}
	return sources[0], nil
}

// ListSources returns the posts with an ID greater than after, drafts included, by ID: at most limit, and at most maxBytes
// of content, unless the first alone has more. A caller reads the whole blog in batches by passing the last ID of a batch,
// and 0 at first.
func (s Store) ListSources(ctx context.Context, db postgres.Querier, after int64, limit, maxBytes int) ([]Source, error) {
	return s.selectSources(ctx, db, `JOIN (
			SELECT id AS batch_id, sum(octet_length(content)) OVER (ORDER BY id) AS size, row_number() OVER (ORDER BY id) AS number
			FROM `+s.table+` WHERE id > $1 ORDER BY id LIMIT $2) batch ON batch_id = id
		WHERE number = 1 OR size <= $3 ORDER BY id`, after, limit, maxBytes)
}

func (s Store) selectSources(ctx context.Context, db postgres.Querier, where string, args ...any) ([]Source, error) {
	rows, err := db.Query(ctx, selectSources+s.table+` `+where, append([]any{binary}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read posts of %s: %w", s.schema, err)
	}
	sources, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Source, error) {
		var (
			s    Source
			date *time.Time
		)
		err := row.Scan(&s.ID, &s.Slug, &s.Title, &s.Author, &s.Content, &s.Draft, &date, &s.UpdatedAt)
		s.Date = orZero(date)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read posts of %s: %w", s.schema, err)
	}
	return sources, nil
}

// HTML returns the rendered content of a post, whether readers see it or not, or ErrNotFound.
func (s Store) HTML(ctx context.Context, db postgres.Querier, id int64) (string, error) {
	var html string
	err := db.QueryRow(ctx, `SELECT html FROM `+s.table+` WHERE id = $1`, id).Scan(&html)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNotFound
	case err != nil:
		return "", fmt.Errorf("read the HTML of post %d: %w", id, err)
	}
	return html, nil
}
