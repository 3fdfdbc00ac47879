package post

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// MaxRevisions is how many revisions of a post are kept.
	MaxRevisions = 50
	// MaxRevisionBytes is the size of all revisions of a post; the newest is kept even if it is larger.
	MaxRevisionBytes = 8 << 20
	// RevisionInterval is the time between two revisions of what the editor saves while its author writes.
	RevisionInterval = 10 * time.Minute
)

// Revision is what a post was before it was changed.
type Revision struct {
	// SavedAt is when it was saved like that. It identifies a revision of a post.
	SavedAt time.Time
	// Size is the size of the document, in bytes.
	Size int
}

// ListRevisions returns the revisions of a post, the newest first.
func (s Store) ListRevisions(ctx context.Context, db postgres.Querier, id int64) ([]Revision, error) {
	rows, err := db.Query(ctx, `SELECT saved_at, size FROM `+s.revisions+` WHERE post_id = $1 ORDER BY saved_at DESC`, binary, id)
	if err != nil {
		return nil, fmt.Errorf("list the revisions of post %d: %w", id, err)
	}
	revisions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Revision])
	if err != nil {
		return nil, fmt.Errorf("list the revisions of post %d: %w", id, err)
	}
	return revisions, nil
}

// FindRevision returns what a post was at a revision, or ErrNotFound.
func (s Store) FindRevision(ctx context.Context, db postgres.Querier, id int64, savedAt time.Time) (Document, error) {
	var document Document
	err := db.QueryRow(ctx, `SELECT document FROM `+s.revisions+` WHERE post_id = $1 AND saved_at = $2`, id, savedAt).Scan(&document)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Document{}, ErrNotFound
	case err != nil:
		return Document{}, fmt.Errorf("read the revision of %s of post %d: %w", savedAt, id, err)
	}
	return document, nil
}

// RestoreRevision saves a post with everything that it said at a revision, at its present address and date, and for the same
// readers. Its version is the base of the request, whose document is ignored. What it said before becomes a revision. Its errors
// are those of Save, and ErrNotFound if there is no such revision.
func (s Store) RestoreRevision(ctx context.Context, db postgres.Beginner, savedAt time.Time, r SaveRequest) (Saved, error) {
	stored, err := s.FindByID(ctx, db, r.Base.ID)
	if err != nil {
		return Saved{}, err
	}
	revision, err := s.FindRevision(ctx, db, r.Base.ID, savedAt)
	if err != nil {
		return Saved{}, err
	}
	latest := stored.Latest()
	r.Document, r.Overwrite = latest.WithWordsOf(revision), false
	return s.Save(ctx, db, r)
}

// keepRevisions keeps what a save replaces: pending changes, and what readers see, if public says so. It returns the size of that.
func (s Store) keepRevisions(ctx context.Context, tx pgx.Tx, r *SaveRequest, stored *Source, public bool) (size int64, err error) {
	batch := &pgx.Batch{}
	keep := func(replaced *Document, savedAt time.Time, autosaved bool) error {
		if replaced.equal(replaced.WithWordsOf(r.Document)) {
			return nil
		}
		document, err := json.Marshal(replaced)
		if err != nil {
			return fmt.Errorf("encode a revision: %w", err)
		}
		size += int64(len(document))
		// Within the interval, what the editor saved is replaced by what it saves next, unless most of the text is gone.
		brief := autosaved && r.Autosave && 2*len(r.Document.Content) >= len(replaced.Content)
		batch.Queue(`INSERT INTO `+s.revisions+` (post_id, saved_at, document, size) SELECT $1::bigint, $2::timestamptz, $3::jsonb, $4::int
			WHERE NOT ($5::boolean AND EXISTS (SELECT FROM `+s.revisions+` WHERE post_id = $1 AND saved_at > $6::timestamptz)) ON CONFLICT DO NOTHING`,
			stored.ID, savedAt, string(document), len(document), brief, savedAt.Add(-RevisionInterval))
		return nil
	}
	publicAt, autosaved := stored.UpdatedAt, stored.autosaved
	if stored.Pending != nil {
		err = keep(stored.Pending, stored.UpdatedAt, autosaved)
		publicAt, autosaved = stored.pendingSince, false
	}
	if err == nil && public {
		err = keep(&stored.Document, publicAt, autosaved)
	}
	if err != nil || batch.Len() == 0 {
		return size, err
	}
	batch.Queue(`DELETE FROM `+s.revisions+` WHERE post_id = $1 AND saved_at IN (SELECT saved_at FROM (
			SELECT saved_at, row_number() OVER newest AS number, sum(size) OVER newest AS total FROM `+s.revisions+` WHERE post_id = $1
			WINDOW newest AS (ORDER BY saved_at DESC)) kept
		WHERE number > $2 OR number > 1 AND total > $3)`, stored.ID, MaxRevisions, MaxRevisionBytes)
	return size, tx.SendBatch(ctx, batch).Close()
}

// confirm remembers that an author saved what the editor had saved already, so that it is kept as a revision.
func (s Store) confirm(ctx context.Context, tx pgx.Tx, r *SaveRequest, stored *Source) error {
	if !stored.autosaved || r.Autosave {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE `+s.table+` SET autosaved_at = NULL WHERE id = $1`, stored.ID)
	return err
}
