package posts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxHTMLBytes is the longest content once it is rendered. Markdown can grow: a quotation mark becomes an entity of
// five bytes.
const maxHTMLBytes = 4 << 20

// Limits bound what a tenant may save. nil: no limit.
type Limits struct {
	// MaxPosts is the number of posts, drafts included.
	MaxPosts *int64
	// MaxStorageBytes is the size of all posts together, as written and as rendered, in bytes.
	MaxStorageBytes *int64
}

// Outcome says what Save did.
type Outcome string

// The outcomes of Save.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// Save renders a document and stores it: under a new slug as a new post, under a known one in the place of what was
// there. Saving the same once more changes nothing, so that it is safe to try again after a lost answer. A post that is
// published already keeps its date unless the document has one. It returns an *InvalidError, and stores nothing, when
// the document or a limit does not allow it.
func (s *Store) Save(ctx context.Context, db Beginner, document Document, limits Limits, now time.Time) (Outcome, error) {
	rendered, err := renderChecked(document)
	if err != nil {
		return "", err
	}
	var outcome Outcome
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		exists, err := s.checkLimits(ctx, tx, usage{s.usage, document.Slug}, document, rendered, limits)
		if err != nil {
			return err
		}
		created, published := dates(document, now)
		tag, err := tx.Exec(ctx, s.save, document.Slug, document.Title, document.Author, document.Content,
			rendered.HTML, rendered.Summary, created, published, now, !document.Date.IsZero())
		switch {
		case err != nil:
			return fmt.Errorf("store it: %w", err)
		case tag.RowsAffected() == 0:
			outcome = Unchanged
		case exists:
			outcome = Updated
		default:
			outcome = Created
		}
		return nil
	})
	if _, ok := errors.AsType[*InvalidError](err); ok {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("save post %s: %w", document.Slug, err)
	}
	return outcome, nil
}

// renderChecked returns an *InvalidError when a document cannot be saved.
func renderChecked(document Document) (Rendered, error) {
	if err := document.Check(); err != nil {
		return Rendered{}, err
	}
	rendered := Render(document.Content)
	if len(rendered.HTML) > maxHTMLBytes {
		return Rendered{}, invalidField("content", "The content becomes %d bytes of HTML, and may become %d: make two posts of it.", len(rendered.HTML), maxHTMLBytes)
	}
	return rendered, nil
}

// Beginner begins a transaction: a pool or a connection.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// dates returns when a document counts as created, and when readers see it: nil for a draft.
func dates(document Document, now time.Time) (created time.Time, published *time.Time) {
	created = now
	if !document.Date.IsZero() && document.Date.Before(now) {
		created = document.Date
	}
	if document.Draft {
		return created, nil
	}
	if document.Date.IsZero() {
		return created, &now
	}
	return created, &document.Date
}

// usage is the statement that tells one post, by its slug or its id, from all others, and counts both.
type usage struct {
	statement string
	post      any
}

// checkLimits reports whether the blog has the post already, and returns an *InvalidError when there is no room for it.
// With a limit, writers wait for one another until the transaction ends: two at once would both find room for one.
func (s *Store) checkLimits(ctx context.Context, tx pgx.Tx, usage usage, document Document, rendered Rendered, limits Limits) (bool, error) {
	batch := &pgx.Batch{}
	if limits.MaxPosts != nil || limits.MaxStorageBytes != nil {
		batch.Queue(s.lock)
	}
	var others, same, bytes int64
	batch.Queue(usage.statement, usage.post).QueryRow(func(row pgx.Row) error {
		return row.Scan(&others, &same, &bytes)
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("count what the blog holds: %w", err)
	}
	if limit := limits.MaxPosts; limit != nil && same == 0 && others+1 > *limit {
		return false, invalid("This blog has reached its limit of posts, which is %d: delete one, or ask for a higher limit.", *limit)
	}
	bytes += int64(len(document.Content) + len(rendered.HTML))
	if limit := limits.MaxStorageBytes; limit != nil && bytes > *limit {
		return false, invalid("With this post the blog would hold %d bytes, and it may hold %d: shorten or delete posts, or ask for a higher limit.", bytes, *limit)
	}
	return same > 0, nil
}
