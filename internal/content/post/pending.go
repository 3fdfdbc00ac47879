package post

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// pendingChanges are the changes of a post that readers do not see, as the column pending holds them.
type pendingChanges struct {
	Document Document `json:"document"`
	Rendered rendered `json:"rendered"`
	// Since is the version of the post that readers see.
	Since time.Time `json:"since"`
}

// updatePending stores the document as the pending changes of a post, in place of other ones.
func (s Store) updatePending(ctx context.Context, tx pgx.Tx, p Prepared, stored *Source, used usage) (Saved, error) {
	r := &p.request
	saved := Saved{Outcome: Updated, Slug: stored.Slug, Version: Version{stored.ID, stored.next(r.Now)}}
	if r.Document.Date.IsZero() {
		r.Document.Date = stored.Date
	}
	if latest := stored.Latest(); latest.equal(r.Document) && latest.Date.Equal(r.Document.Date) {
		saved.Outcome, saved.Version = Unchanged, stored.Version
		return saved, s.confirm(ctx, tx, r, stored)
	}
	pending := pendingChanges{Document: r.Document, Rendered: p.rendered, Since: stored.pendingSince}
	if stored.Pending == nil {
		pending.Since = stored.UpdatedAt
	}
	encoded, err := json.Marshal(pending)
	if err != nil {
		return Saved{}, fmt.Errorf("encode the pending changes: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE `+s.table+` SET pending = $1, edited_at = $2, autosaved_at = CASE WHEN $3 THEN $2::timestamptz END WHERE id = $4`,
		string(encoded), saved.Version.UpdatedAt, r.Autosave, stored.ID)
	if err != nil {
		return Saved{}, err
	}
	kept, err := s.keepRevisions(ctx, tx, r, stored, false)
	if err != nil {
		return Saved{}, err
	}
	return saved, s.fit(ctx, tx, r.Quota, used, room{bytes: used.own + int64(len(encoded)), revisions: kept})
}

// DiscardPending drops the pending changes of a version of a post, of which a revision is kept, and returns the version without
// them. It returns ErrChanged if the post was changed since, and ErrNotFound if it does not exist.
func (s Store) DiscardPending(ctx context.Context, db postgres.Beginner, base Version, now time.Time) (left Version, err error) {
	err = s.change(ctx, db, base, func(tx pgx.Tx, stored *Source) error {
		if left = stored.Version; stored.Pending == nil {
			return nil
		}
		left.UpdatedAt = stored.next(now)
		if _, err := s.keepRevisions(ctx, tx, &SaveRequest{Document: stored.Document, Now: now}, stored, false); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE `+s.table+` SET pending = NULL, edited_at = $1 WHERE id = $2`, left.UpdatedAt, stored.ID)
		return err
	})
	if err != nil {
		return Version{}, fmt.Errorf("discard the changes of post %d: %w", base.ID, err)
	}
	return left, nil
}

// change calls work in a transaction with a version of a post, which is locked. It returns ErrChanged if the post was changed
// since, and ErrNotFound if it does not exist.
func (s Store) change(ctx context.Context, db postgres.Beginner, base Version, work func(tx pgx.Tx, stored *Source) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return contentversion.Change(ctx, db, s.schema, func(tx pgx.Tx) error {
		stored, err := s.lockStored(ctx, tx, base, "")
		switch {
		case err != nil:
			return err
		case stored == nil:
			return ErrNotFound
		case !stored.Version.equal(base):
			return ErrChanged
		}
		return work(tx, stored)
	})
}
