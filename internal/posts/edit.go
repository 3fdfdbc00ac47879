package posts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Item is a post in its author's list, drafts included.
type Item struct {
	// Slug is its place in the blog.
	Slug string
	// Title is plain text.
	Title string
	// PublishedAt is when readers see it, or will. The zero time: it is a draft.
	PublishedAt time.Time
	// UpdatedAt is when it was last changed.
	UpdatedAt time.Time
}

// Source is a post as its author edits it.
type Source struct {
	// Document is the post. Its Date is when readers see it, or will; the zero time for a draft.
	Document
	// Version is the one that was read.
	Version
}

// Version tells one state of one post from all others. The zero Version stands for a post that is not stored yet.
type Version struct {
	// ID is the number of the post in its blog.
	ID int64
	// UpdatedAt is when it was last changed.
	UpdatedAt time.Time
}

var (
	// ErrChanged says that a post was changed after the version was read from which an edit began.
	ErrChanged = errors.New("the post was changed meanwhile")
	// ErrSlugTaken says that another post has the slug.
	ErrSlugTaken = errors.New("another post has this slug")
)

// edits are the statements for authors.
type edits struct {
	listAll, find, export     string
	usage, present            string
	insert, update, deleteOne string
}

func newEdits(table string) edits {
	const source = `SELECT id, slug, title, author, content, published_at, updated_at FROM `
	return edits{
		listAll: `SELECT slug, title, published_at, updated_at FROM ` + table + `
			ORDER BY coalesce(published_at, updated_at) DESC, id DESC LIMIT $1 OFFSET $2`,
		find:    source + table + ` WHERE slug = $1`,
		export:  source + table + ` WHERE id > $1 ORDER BY id LIMIT $2`,
		present: source + table + ` WHERE id = $1 OR slug = $2`,
		usage: `SELECT count(*) FILTER (WHERE id <> $1), count(*) FILTER (WHERE id = $1),
			coalesce(sum(octet_length(content) + octet_length(html)) FILTER (WHERE id <> $1), 0)::bigint FROM ` + table,
		insert: `INSERT INTO ` + table + ` (slug, title, author, content, html, summary, created_at, updated_at, published_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) ON CONFLICT (slug) DO NOTHING`,
		update: `UPDATE ` + table + ` SET slug = $1, title = $2, author = $3, content = $4, html = $5, summary = $6, updated_at = $7,
			published_at = $8 WHERE id = $9 AND updated_at = $10`,
		deleteOne: `DELETE FROM ` + table + ` WHERE id = $1 AND updated_at = $2`,
	}
}

// ListAll returns at most limit posts, drafts included, newest first, after the first offset of them.
func (s *Store) ListAll(ctx context.Context, db Querier, limit, offset int) ([]Item, error) {
	rows, err := db.Query(ctx, s.edits.listAll, binary, limit, offset)
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

// Find returns the post under slug, a draft too, or ErrNotFound.
func (s *Store) Find(ctx context.Context, db Querier, slug string) (Source, error) {
	rows, err := db.Query(ctx, s.edits.find, binary, slug)
	if err != nil {
		return Source{}, fmt.Errorf("read post %s for its author: %w", slug, err)
	}
	source, err := pgx.CollectExactlyOneRow(rows, scanSource)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Source{}, ErrNotFound
	case err != nil:
		return Source{}, fmt.Errorf("read post %s for its author: %w", slug, err)
	}
	return source, nil
}

// ByID returns the post with an id, a draft too, or ErrNotFound.
func (s *Store) ByID(ctx context.Context, db Querier, id int64) (Source, error) {
	sources, err := s.Export(ctx, db, id-1, 1)
	switch {
	case err != nil:
		return Source{}, err
	case len(sources) == 0 || sources[0].ID != id:
		return Source{}, ErrNotFound
	}
	return sources[0], nil
}

// Export returns at most limit posts, drafts included, after the one with an id: 0 begins with the first.
func (s *Store) Export(ctx context.Context, db Querier, after int64, limit int) ([]Source, error) {
	rows, err := db.Query(ctx, s.edits.export, binary, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read posts for an export: %w", err)
	}
	sources, err := pgx.CollectRows(rows, scanSource)
	if err != nil {
		return nil, fmt.Errorf("read posts for an export: %w", err)
	}
	return sources, nil
}

// Edit stores what became of a version of a post, or a new post. A post that is published keeps its date; a document's
// own is not heeded. What is stored already is not stored again, so that it is safe to try once more after a lost
// answer. It returns ErrChanged when somebody else changed the post meanwhile, ErrNotFound when it was deleted,
// ErrSlugTaken, or an *InvalidError when the document or a limit does not allow it.
func (s *Store) Edit(ctx context.Context, db Beginner, from Version, document Document, limits Limits, now time.Time) (Outcome, error) {
	rendered, err := renderChecked(document)
	if err != nil {
		return "", err
	}
	var outcome Outcome
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) (err error) {
		outcome, err = s.edit(ctx, tx, from, document, rendered, limits, now)
		return err
	})
	if _, ok := errors.AsType[*InvalidError](err); ok || errors.Is(err, ErrChanged) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrSlugTaken) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("store an edit of post %s: %w", document.Slug, err)
	}
	return outcome, nil
}

func (s *Store) edit(ctx context.Context, tx pgx.Tx, from Version, document Document, rendered Rendered, limits Limits, now time.Time) (Outcome, error) {
	if _, err := s.checkLimits(ctx, tx, usage{s.edits.usage, from.ID}, document, rendered, limits); err != nil {
		return "", err
	}
	stored, err := s.stored(ctx, tx, from, document)
	switch {
	case err != nil:
		return "", err
	case stored != nil && stored.says(document):
		return Unchanged, nil
	case from.ID == 0 && stored != nil:
		return "", ErrSlugTaken
	case from.ID != 0 && stored == nil:
		return "", ErrNotFound
	}
	var published *time.Time
	if !document.Draft {
		published = &now
		if stored != nil && !stored.Date.IsZero() {
			published = &stored.Date
		}
	}
	if from.ID == 0 {
		return Created, expectOne(ErrSlugTaken)(tx.Exec(ctx, s.edits.insert, document.Slug, document.Title, document.Author,
			document.Content, rendered.HTML, rendered.Summary, now, published))
	}
	err = expectOne(ErrChanged)(tx.Exec(ctx, s.edits.update, document.Slug, document.Title, document.Author, document.Content,
		rendered.HTML, rendered.Summary, now, published, from.ID, from.UpdatedAt))
	if postgres.Code(err) == postgres.CodeUniqueViolation {
		return "", ErrSlugTaken // by somebody else, at this moment
	}
	return Updated, err
}

// stored returns the post that an edit is about, or the one that has the slug of a new post. nil: there is none.
func (s *Store) stored(ctx context.Context, tx pgx.Tx, from Version, document Document) (*Source, error) {
	rows, err := tx.Query(ctx, s.edits.present, binary, from.ID, document.Slug)
	if err != nil {
		return nil, fmt.Errorf("read what there is: %w", err)
	}
	sources, err := pgx.CollectRows(rows, scanSource)
	if err != nil {
		return nil, fmt.Errorf("read what there is: %w", err)
	}
	var found *Source
	for i := range sources {
		if from.ID == 0 || sources[i].ID == from.ID {
			found = &sources[i]
		}
	}
	if found != nil && len(sources) > 1 {
		return nil, ErrSlugTaken
	}
	return found, nil
}

// says reports whether storing a document would change nothing.
func (s *Source) says(document Document) bool {
	return s.Slug == document.Slug && s.Title == document.Title && s.Author == document.Author && s.Content == document.Content &&
		s.Draft == document.Draft
}

// Delete deletes a version of a post. One that is gone already is no error; one that was changed meanwhile is ErrChanged.
func (s *Store) Delete(ctx context.Context, db Beginner, version Version) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.edits.deleteOne, version.ID, version.UpdatedAt)
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		stored, err := s.stored(ctx, tx, version, Document{})
		if err == nil && stored != nil {
			err = ErrChanged
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrChanged) {
		err = fmt.Errorf("delete post %d: %w", version.ID, err)
	}
	return err
}

// expectOne returns otherwise for a statement that concerned no row.
func expectOne(otherwise error) func(pgconn.CommandTag, error) error {
	return func(tag pgconn.CommandTag, err error) error {
		if err == nil && tag.RowsAffected() == 0 {
			return otherwise
		}
		return err
	}
}

func scanSource(row pgx.CollectableRow) (Source, error) {
	var (
		s         Source
		published *time.Time
	)
	err := row.Scan(&s.ID, &s.Slug, &s.Title, &s.Author, &s.Content, &published, &s.UpdatedAt)
	s.Date, s.Draft = orZero(published), published == nil
	return s, err
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
