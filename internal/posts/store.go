package posts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Store holds the statements for the posts of one tenant. They name its schema, so that they do not depend on a
// search_path; they are made once, when the tenant becomes known.
type Store struct {
	list, bySlug, feed string
	usage, lock, save  string
	edits              edits
}

// NewStore returns the statements for the posts in a schema.
func NewStore(schema string) *Store {
	table := pgx.Identifier{schema, "posts"}.Sanitize()
	return &Store{
		edits: newEdits(table),
		list: `SELECT slug, title, author, summary, published_at FROM ` + table + ` WHERE published_at <= $1
			ORDER BY published_at DESC, id DESC LIMIT $2 OFFSET $3`,
		bySlug: `SELECT id, slug, title, author, summary, html, created_at, updated_at, published_at FROM ` + table + `
			WHERE slug = $1 AND published_at <= $2`,
		feed: `SELECT id, slug, title, author, summary, html, created_at, updated_at, published_at FROM ` + table + `
			WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2`,
		usage: `SELECT count(*) FILTER (WHERE slug <> $1), count(*) FILTER (WHERE slug = $1),
			coalesce(sum(octet_length(content) + octet_length(html)) FILTER (WHERE slug <> $1), 0)::bigint FROM ` + table,
		lock: `LOCK TABLE ` + table + ` IN SHARE ROW EXCLUSIVE MODE`,
		save: `INSERT INTO ` + table + ` AS p (slug, title, author, content, html, summary, created_at, updated_at, published_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
			ON CONFLICT (slug) DO UPDATE SET title = excluded.title, author = excluded.author, content = excluded.content,
				html = excluded.html, summary = excluded.summary, updated_at = $9, published_at = ` + publishedAt + `
			WHERE (p.title, p.author, p.content, p.html, p.summary, p.published_at) IS DISTINCT FROM
				(excluded.title, excluded.author, excluded.content, excluded.html, excluded.summary, ` + publishedAt + `)`,
	}
}

// publishedAt keeps the date of a post that is saved again without one; $10 tells whether it has one.
const publishedAt = `CASE WHEN excluded.published_at IS NULL OR $10 THEN excluded.published_at
	ELSE coalesce(p.published_at, excluded.published_at) END`

// Querier runs a query: a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Entry is a post in a list.
type Entry struct {
	// Slug is its place in the blog.
	Slug string
	// Title, Author and Summary are plain text; Author and Summary may be empty.
	Title, Author, Summary string
	// PublishedAt is when it came out.
	PublishedAt time.Time
}

// Post is a published post.
type Post struct {
	Entry
	// ID is the number of the post in its blog.
	ID int64
	// HTML is the content, sanitised.
	HTML string
	// CreatedAt is when the post was first saved, or an earlier date that its author gave.
	CreatedAt time.Time
	// UpdatedAt is when it was last changed.
	UpdatedAt time.Time
}

// ErrNotFound says that readers have no such post: there is none, or it is a draft.
var ErrNotFound = errors.New("there is no such post")

// binary asks for results in their binary form: faster to read than text, and the same whatever DateStyle the server
// has.
var binary = pgx.QueryResultFormats{pgx.BinaryFormatCode}

// List returns at most limit of the posts that readers see at the moment now, newest first, after the first offset of
// them.
func (s *Store) List(ctx context.Context, db Querier, now time.Time, limit, offset int) ([]Entry, error) {
	rows, err := db.Query(ctx, s.list, binary, now, limit, offset)
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

// BySlug returns the post that readers see at the moment now under slug, or ErrNotFound.
func (s *Store) BySlug(ctx context.Context, db Querier, now time.Time, slug string) (Post, error) {
	rows, err := db.Query(ctx, s.bySlug, binary, slug, now)
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

// Latest returns the newest posts that readers see at the moment now, whole, at most limit.
func (s *Store) Latest(ctx context.Context, db Querier, now time.Time, limit int) ([]Post, error) {
	rows, err := db.Query(ctx, s.feed, binary, now, limit)
	if err != nil {
		return nil, fmt.Errorf("read the latest posts: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanPost)
	if err != nil {
		return nil, fmt.Errorf("read the latest posts: %w", err)
	}
	return found, nil
}

func scanPost(row pgx.CollectableRow) (Post, error) {
	var p Post
	err := row.Scan(&p.ID, &p.Slug, &p.Title, &p.Author, &p.Summary, &p.HTML, &p.CreatedAt, &p.UpdatedAt, &p.PublishedAt)
	return p, err
}
