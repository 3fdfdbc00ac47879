package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const selectSources = `SELECT id, slug, old_slugs, title, author, content, coalesce(published_at, unlisted_at) IS NULL,
	published_at IS NULL AND (unlisted_at IS NOT NULL OR draft_unlisted), coalesce(published_at, unlisted_at, draft_date), tags, excerpt, description, canonical_url,
	cover, cover_alt, language, link, page_position, pinned_at, ` + versionAt + `, coalesce(autosaved_at = ` + versionAt + `, false), pending,
	coalesce(share_token, '') FROM `

// Find returns the post with a slug, whether readers see it or not, or ErrNotFound. Posts in the trash are not found.
func (s Store) Find(ctx context.Context, db postgres.Querier, slug string) (Source, error) {
	return s.findOne(ctx, db, `slug = $1`, slug)
}

// FindByID returns the post with an ID, whether readers see it or not, or ErrNotFound. Posts in the trash are not found.
func (s Store) FindByID(ctx context.Context, db postgres.Querier, id int64) (Source, error) {
	return s.findOne(ctx, db, `id = $1`, id)
}

func (s Store) findOne(ctx context.Context, db postgres.Querier, condition string, args ...any) (Source, error) {
	sources, err := s.selectSources(ctx, db, `WHERE `+condition+` AND NOT (`+inTrash+`)`, args...)
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
// and 0 at first. Posts in the trash are not among them.
func (s Store) ListSources(ctx context.Context, db postgres.Querier, after int64, limit, maxBytes int) ([]Source, error) {
	const size = `octet_length(content) + coalesce(octet_length(pending::text), 0)`
	return s.selectSources(ctx, db, `JOIN (
			SELECT id AS batch_id, sum(`+size+`) OVER (ORDER BY id) AS size, row_number() OVER (ORDER BY id) AS number
			FROM (SELECT * FROM `+s.table+` WHERE id > $1 AND NOT (`+inTrash+`) ORDER BY id LIMIT $2) next) batch ON batch_id = id
		WHERE number = 1 OR size <= $3 ORDER BY id`, after, limit, maxBytes)
}

func (s Store) selectSources(ctx context.Context, db postgres.Querier, where string, args ...any) ([]Source, error) {
	rows, err := db.Query(ctx, selectSources+s.table+` `+where, append([]any{binary}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read posts of %s: %w", s.schema, err)
	}
	sources, err := pgx.CollectRows(rows, scanSource)
	if err != nil {
		return nil, fmt.Errorf("read posts of %s: %w", s.schema, err)
	}
	return sources, nil
}

func scanSource(row pgx.CollectableRow) (Source, error) {
	var (
		s            Source
		date, pinned *time.Time
		position     *int
		pending      *pendingChanges
	)
	err := row.Scan(&s.ID, &s.Slug, &s.OldSlugs, &s.Title, &s.Author, &s.Content, &s.Draft, &s.Unlisted, &date, &s.Tags, &s.Excerpt, &s.Description,
		&s.CanonicalURL, &s.Cover, &s.CoverAlt, &s.Language, &s.Link, &position, &pinned, &s.UpdatedAt, &s.autosaved, &pending, &s.ShareToken)
	s.Date, s.pinnedAt = orZero(date), orZero(pinned)
	if s.Pinned = pinned != nil; position != nil {
		s.Page, s.Position = true, *position
	}
	if pending != nil {
		s.Pending, s.pendingSince = &pending.Document, pending.Since
	}
	s.OldSlugs, s.Tags = orNil(s.OldSlugs), orNil(s.Tags)
	return s, err
}

// orNil returns nil instead of an empty list, as a normalized document has it.
func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// HTML returns the rendered content of a post as it was last written, whether readers see it or not, or ErrNotFound.
func (s Store) HTML(ctx context.Context, db postgres.Querier, id int64) (string, error) {
	var html string
	err := db.QueryRow(ctx, `SELECT coalesce(pending -> 'rendered' ->> 'html', html) FROM `+s.table+` WHERE id = $1`, id).Scan(&html)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNotFound
	case err != nil:
		return "", fmt.Errorf("read the HTML of post %d: %w", id, err)
	}
	return html, nil
}
