package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// entryColumns are those of an Entry, apart from when it was published.
	entryColumns = `slug, title, author, summary, html_link, html_language, html_direction, pinned_at IS NOT NULL,
	tags, cover, cover_alt, octet_length(content)`
	// selectPosts begins a statement that returns posts, with the HTML of those of which the condition %s is true.
	selectPosts = `SELECT ` + entryColumns + `, coalesce(published_at, unlisted_at), id, CASE WHEN %s THEN html ELSE '' END, octet_length(html),
	excerpt, description, canonical_url, published_at IS NULL, page_position IS NOT NULL, created_at, updated_at FROM `
)

// List returns the posts that readers see at the time now: the pinned ones, and then the others, newest first: at most limit,
// after skipping offset.
func (s Store) List(ctx context.Context, db postgres.Querier, now time.Time, limit, offset int) ([]Entry, error) {
	return s.ListWith(ctx, db, Parts{}, now, limit, offset)
}

// Parts are what a list shows of its posts besides what every list does.
type Parts struct {
	// Pictures says that posts without a cover have the first picture of their beginning instead.
	Pictures bool
	// Notes says that notes and link posts have their HTML, unless that is larger than maxNote.
	Notes bool
}

const (
	// maxNote is the size of the HTML of a note that lists show whole, in bytes.
	maxNote = 16 << 10
	// beginning is how much of the HTML of a post is searched for a picture, in characters.
	beginning = 8 << 10
)

// ListWith returns what List does, with more parts of the posts.
func (s Store) ListWith(ctx context.Context, db postgres.Querier, parts Parts, now time.Time, limit, offset int) ([]Entry, error) {
	picture, note := `''`, `''`
	if parts.Pictures {
		picture = fmt.Sprintf(`CASE WHEN cover = '' THEN coalesce(substring(left(html, %d) from '<img [^>]*>'), '') ELSE '' END`, beginning)
	}
	if parts.Notes {
		note = fmt.Sprintf(`CASE WHEN (title = '' OR html_link <> '') AND octet_length(html) <= %d THEN html ELSE '' END`, maxNote)
	}
	rows, err := db.Query(ctx, `SELECT `+entryColumns+`, published_at, `+picture+`, `+note+` FROM `+s.table+`
		WHERE published_at <= $1 AND page_position IS NULL
		ORDER BY pinned_at DESC NULLS LAST, published_at DESC, id DESC LIMIT $2 OFFSET $3`, binary, now, limit, offset)
	return collectEntries(rows, err)
}

// collectEntries reads the rows of a list, unless err is the error of its statement.
func collectEntries(rows pgx.Rows, err error) ([]Entry, error) {
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	defer rows.Close()
	entries := []Entry{}
	for rows.Next() {
		var (
			e       Entry
			picture string
		)
		if err := rows.Scan(append(entryDestinations(&e), &picture, &e.NoteHTML)...); err != nil {
			return nil, fmt.Errorf("list posts: %w", err)
		}
		if picture != "" {
			e.Picture = render.ParsePicture(picture)
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	return entries, nil
}

// entryDestinations returns where entryColumns and the date of publication are read into.
func entryDestinations(e *Entry) []any {
	return []any{&e.Slug, &e.Title, &e.Author, &e.Summary, &e.Link, &e.Language, &e.Direction, &e.Pinned,
		&e.Tags, &e.Cover, &e.CoverAlt, &e.ContentBytes, &e.PublishedAt}
}

// BySlug returns the post that readers see under a slug at the time now, listed or not, *MovedError if it was the slug of a post
// that they see under another one, or ErrNotFound. It leaves the HTML out if that is larger than maxHTML bytes.
func (s Store) BySlug(ctx context.Context, db postgres.Querier, now time.Time, slug string, maxHTML int) (Post, error) {
	rows, err := db.Query(ctx, fmt.Sprintf(selectPosts, `octet_length(html) <= $3`)+s.table+`
		WHERE slug = $1 AND coalesce(published_at, unlisted_at) <= $2`, binary, slug, now, maxHTML)
	if err != nil {
		return Post{}, fmt.Errorf("read post %s: %w", slug, err)
	}
	post, err := pgx.CollectExactlyOneRow(rows, scanPost)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Post{}, s.moved(ctx, db, now, slug)
	case err != nil:
		return Post{}, fmt.Errorf("read post %s: %w", slug, err)
	}
	return post, nil
}

// moved returns *MovedError for the former slug of a post that readers see, and ErrNotFound for any other.
func (s Store) moved(ctx context.Context, db postgres.Querier, now time.Time, slug string) error {
	var moved MovedError
	err := db.QueryRow(ctx, `SELECT slug FROM `+s.table+` WHERE old_slugs @> ARRAY[$1] AND coalesce(published_at, unlisted_at) <= $2`, slug, now).Scan(&moved.Slug)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return fmt.Errorf("find the post with the former slug %s: %w", slug, err)
	}
	return &moved
}

// Latest returns the newest posts that readers see at the time now: at most limit, with the HTML of the first of them,
// maxHTML bytes in all.
func (s Store) Latest(ctx context.Context, db postgres.Querier, now time.Time, limit, maxHTML int) ([]Post, error) {
	return s.latest(ctx, db, ` AND $2 = ''`, now, "", limit, maxHTML)
}

// latest is Latest for the posts of which a condition on $2 is true.
func (s Store) latest(ctx context.Context, db postgres.Querier, condition string, now time.Time, value string, limit, maxHTML int) ([]Post, error) {
	// Postgres knows the length of a text without reading it (pg_column_size and octet_length use the TOAST pointer).
	rows, err := db.Query(ctx, fmt.Sprintf(selectPosts, `sum(octet_length(html)) OVER (ORDER BY published_at DESC, id DESC) <= $4`)+`(
			SELECT * FROM `+s.table+` WHERE published_at <= $1 AND page_position IS NULL`+condition+` ORDER BY published_at DESC, id DESC LIMIT $3) latest
		ORDER BY published_at DESC, id DESC`, binary, now, value, limit, maxHTML)
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
	err := row.Scan(p.destinations()...)
	return p, err
}

// destinations returns where the columns of selectPosts are read into.
func (p *Post) destinations() []any {
	return append(entryDestinations(&p.Entry), &p.ID, &p.HTML, &p.HTMLBytes, &p.Excerpt, &p.Description, &p.CanonicalURL,
		&p.Unlisted, &p.Page, &p.CreatedAt, &p.UpdatedAt)
}
