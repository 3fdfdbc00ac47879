package post

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// TrashRetention is how long posts stay in the trash.
	TrashRetention = 30 * 24 * time.Hour
	// purgeBatch is how many posts are purged at once.
	purgeBatch = 20
	// trashMark stands between the slug and the ID of a post in the trash. No slug contains it, so that the slug is free for
	// another post.
	trashMark = "--trash-"
)

// TrashItem is a post in the trash.
type TrashItem struct {
	// ID is unique in the blog, and Slug was the last part of the post's address.
	ID   int64
	Slug string
	// Title and Summary are plain text, and may be empty.
	Title, Summary string
	// DeletedAt is when it was deleted. It is purged TrashRetention later.
	DeletedAt time.Time
}

// Name returns the title, or the first words of a note. Empty: the post has no words.
func (i TrashItem) Name() string { return nameOf(i.Title, i.Summary) }

// Delete moves a version of a post into the trash. It returns ErrChanged if the post was changed since, and no error if it
// does not exist.
func (s Store) Delete(ctx context.Context, db postgres.Beginner, version Version, now time.Time) error {
	err := s.change(ctx, db, version, func(tx pgx.Tx, stored *Source) error {
		_, err := tx.Exec(ctx, `UPDATE `+s.table+` SET slug = slug || $1 || id::text, deleted_at = $2, edited_at = $3, pinned_at = NULL, share_token = NULL,
				draft_date = coalesce(published_at, unlisted_at, draft_date), published_at = NULL, unlisted_at = NULL,
				draft_unlisted = draft_unlisted OR published_at IS NULL AND unlisted_at IS NOT NULL
			WHERE id = $4`, trashMark, now, stored.next(now), stored.ID)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("delete post %d: %w", version.ID, err)
	}
	return nil
}

// ListTrash returns the posts in the trash at the time now, the last deleted first: at most limit, after skipping offset.
func (s Store) ListTrash(ctx context.Context, db postgres.Querier, now time.Time, limit, offset int) ([]TrashItem, error) {
	rows, err := db.Query(ctx, `SELECT id, slug, title, summary, deleted_at FROM `+s.table+`
		WHERE deleted_at > $1 AND published_at IS NULL ORDER BY deleted_at DESC, id DESC LIMIT $2 OFFSET $3`, binary, now.Add(-TrashRetention), limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list the trash: %w", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TrashItem])
	if err != nil {
		return nil, fmt.Errorf("list the trash: %w", err)
	}
	for i := range items {
		items[i].Slug = beforeTrash(items[i].Slug)
	}
	return items, nil
}

// beforeTrash returns the slug that a post in the trash had.
func beforeTrash(slug string) string {
	slug, _, _ = strings.Cut(slug, trashMark)
	return slug
}

// Restore takes a post out of the trash, as a draft that keeps its date, and returns its slug: with a number, if another post has
// the former one by now. It returns *QuotaError if the blog has no room for another post, and ErrNotFound if the post is not in
// the trash. After a lost response, the post is found by its ID.
func (s Store) Restore(ctx context.Context, db postgres.Beginner, id int64, quota Quota, now time.Time) (slug string, err error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err = contentversion.Change(ctx, db, s.schema, func(tx pgx.Tx) error {
		var used usage
		batch := &pgx.Batch{}
		s.queueLock(batch, quota)
		s.queueUsage(batch, quota, id, "", &used)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if err := s.fit(ctx, tx, quota, used, room{posts: 1, bytes: used.own}); err != nil {
			return err
		}
		slug, err = s.restore(ctx, tx, id, now)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("restore post %d: %w", id, err)
	}
	return slug, nil
}

func (s Store) restore(ctx context.Context, tx pgx.Tx, id int64, now time.Time) (string, error) {
	var (
		slug     string
		oldSlugs []string
		version  = Version{ID: id}
	)
	err := tx.QueryRow(ctx, `SELECT slug, old_slugs, `+versionAt+` FROM `+s.table+` WHERE id = $1 AND `+inTrash+` FOR UPDATE`, id).
		Scan(&slug, &oldSlugs, &version.UpdatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", err
	}
	slug = beforeTrash(slug)
	candidates := []string{slug}
	for number := 2; number <= maxNumber; number++ {
		candidates = append(candidates, numbered(slug, number))
	}
	taken, err := s.takenSlugs(ctx, tx, id, slices.Concat(candidates, oldSlugs))
	if err != nil {
		return "", err
	}
	free := slices.IndexFunc(candidates, func(slug string) bool { return !taken[slug] })
	if free < 0 {
		return "", ErrSlugTaken
	}
	oldSlugs = slices.DeleteFunc(oldSlugs, func(slug string) bool { return taken[slug] })
	_, err = tx.Exec(ctx, `UPDATE `+s.table+` SET slug = $1, old_slugs = $2, deleted_at = NULL, edited_at = $3 WHERE id = $4`,
		candidates[free], oldSlugs, version.next(now), id)
	if postgres.Code(err) == postgres.CodeUniqueViolation {
		return "", ErrSlugTaken // by another writer, a moment ago
	}
	return candidates[free], err
}

// takenSlugs returns which of some slugs other posts have, or have had.
func (s Store) takenSlugs(ctx context.Context, tx pgx.Tx, id int64, slugs []string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT slug, old_slugs FROM `+s.table+` WHERE id <> $1 AND NOT (`+inTrash+`) AND (slug = ANY ($2) OR old_slugs && $2)`, id, slugs)
	if err != nil {
		return nil, err
	}
	var (
		slug  string
		old   []string
		taken = map[string]bool{}
	)
	_, err = pgx.ForEachRow(rows, []any{&slug, &old}, func() error {
		taken[slug] = true
		for _, slug := range old {
			taken[slug] = true
		}
		return nil
	})
	return taken, err
}

// DeletePermanently deletes a post in the trash. It returns no error if it does not exist, or is not in the trash.
func (s Store) DeletePermanently(ctx context.Context, db postgres.Querier, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM `+s.table+` WHERE id = $1 AND `+inTrash, id); err != nil {
		return fmt.Errorf("delete post %d from the trash: %w", id, err)
	}
	return nil
}

// Purge deletes some of the posts that have been in the trash for longer than TrashRetention at the time now. Each save does
// the same, and no list shows them.
func (s Store) Purge(ctx context.Context, db postgres.Querier, now time.Time) error {
	batch := &pgx.Batch{}
	s.queuePurge(batch, now)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("purge the trash: %w", err)
	}
	return nil
}

// queuePurge adds the statement of Purge to a batch.
func (s Store) queuePurge(batch *pgx.Batch, now time.Time) {
	batch.Queue(`DELETE FROM `+s.table+` WHERE id IN (SELECT id FROM `+s.table+` WHERE deleted_at <= $1 AND published_at IS NULL
		ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED)`, now.Add(-TrashRetention), purgeBatch)
}
