package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const selectPosts = `SELECT id, slug, title, author, summary, html, created_at, updated_at, published_at FROM `

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

// BySlug returns the post that readers see under a slug at the time now, or ErrNotFound.
func (s Store) BySlug(ctx context.Context, db postgres.Querier, now time.Time, slug string) (Post, error) {
	rows, err := db.Query(ctx, selectPosts+s.table+` WHERE slug = $1 AND published_at <= $2`, binary, slug, now)
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

// Latest returns the newest posts that readers see at the time now, with their content: at most limit.
func (s Store) Latest(ctx context.Context, db postgres.Querier, now time.Time, limit int) ([]Post, error) {
	rows, err := db.Query(ctx, selectPosts+s.table+` WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2`, binary, now, limit)
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
	err := row.Scan(&p.ID, &p.Slug, &p.Title, &p.Author, &p.Summary, &p.HTML, &p.CreatedAt, &p.UpdatedAt, &p.PublishedAt)
	return p, err
}
