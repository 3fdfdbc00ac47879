package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// selectPosts begins a statement that returns posts, with the HTML of those of which the condition %s is true.
const selectPosts = `SELECT id, slug, title, author, summary, CASE WHEN %s THEN html ELSE '' END, octet_length(html),
	created_at, updated_at, published_at FROM `

// List returns the posts that readers see at the time now, newest first: at most limit, after skipping offset.
func (s Store) List(ctx context.Context, db postgres.Querier, now time.Time, limit, offset int) ([]Entry, error) {
	rows, err := db.Query(ctx, `SELECT slug, title, author, summary, published_at FROM `+s.table+`
		WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2 OFFSET $3`, binary, now, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	defer rows.Close()
	entries := make([]Entry, 0, limit)
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Slug, &e.Title, &e.Author, &e.Summary, &e.PublishedAt); err != nil {
			return nil, fmt.Errorf("list posts: %w", err)
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	return entries, nil
}

// BySlug returns the post that readers see under a slug at the time now, or ErrNotFound. It leaves the HTML out if that is
// larger than maxHTML bytes.
func (s Store) BySlug(ctx context.Context, db postgres.Querier, now time.Time, slug string, maxHTML int) (Post, error) {
	rows, err := db.Query(ctx, fmt.Sprintf(selectPosts, `octet_length(html) <= $3`)+s.table+` WHERE slug = $1 AND published_at <= $2`,
		binary, slug, now, maxHTML)
	if err != nil {
		return Post{}, fmt.Errorf("read post %s: %w", slug, err)
	}
	post, err := pgx.CollectExactlyOneRow(rows, scanPost)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Post{}, ErrNotFound
	case err != nil:
		return Post{}, fmt.Errorf("read post %s: %w", slug, err)
	}
	return post, nil
}

// Latest returns the newest posts that readers see at the time now: at most limit, with the HTML of the first of them,
// maxHTML bytes in all.
func (s Store) Latest(ctx context.Context, db postgres.Querier, now time.Time, limit, maxHTML int) ([]Post, error) {
	// Postgres knows the length of a text without reading it (pg_column_size and octet_length use the TOAST pointer).
	rows, err := db.Query(ctx, fmt.Sprintf(selectPosts, `sum(octet_length(html)) OVER (ORDER BY published_at DESC, id DESC) <= $3`)+`(
			SELECT * FROM `+s.table+` WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2) latest
		ORDER BY published_at DESC, id DESC`, binary, now, limit, maxHTML)
	if err != nil {
		return nil, fmt.Errorf("read latest posts: %w", err)
	}
	posts, err := pgx.CollectRows(rows, scanPost)
	if err != nil {
		return nil, fmt.Errorf("read latest posts: %w", err)
	}
	return posts, nil
}

func scanPost(row pgx.CollectableRow) (Post, error) {
	var p Post
	err := row.Scan(&p.ID, &p.Slug, &p.Title, &p.Author, &p.Summary, &p.HTML, &p.HTMLBytes, &p.CreatedAt, &p.UpdatedAt, &p.PublishedAt)
	return p, err
}
