package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// MaxPages is how many pages the navigation has.
const MaxPages = 50

// PageLink is a page in the navigation.
type PageLink struct {
	// Slug is the last part of the page's address.
	Slug string
	// Title and Summary are plain text, and may be empty.
	Title, Summary string
	// Language is the BCP 47 tag of the page. Empty: unknown.
	Language string
}

// Name returns the title, or the first words. Empty: the page has no words.
func (p PageLink) Name() string { return nameOf(p.Title, p.Summary) }

// ListPages returns the pages that readers see at the time now, in the order of the navigation.
func (s Store) ListPages(ctx context.Context, db postgres.Querier, now time.Time) ([]PageLink, error) {
	rows, err := db.Query(ctx, s.selectPages(), binary, now, MaxPages)
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	return collectPages(rows)
}

// QueueListPages adds the statement of ListPages to a batch. The pages are read into pages.
func (s Store) QueueListPages(batch *postgres.Batch, now time.Time, pages *[]PageLink) {
	batch.Queue(s.selectPages(), now, MaxPages).Query(func(rows pgx.Rows) (err error) {
		*pages, err = collectPages(rows)
		return err
	})
}

// QueueNextPublication adds a statement to a batch that reads into next when the first post or page after the time now appears in
// lists. The zero time: none is scheduled.
func (s Store) QueueNextPublication(batch *postgres.Batch, now time.Time, next *time.Time) {
	batch.Queue(`SELECT min(published_at) FROM `+s.table+` WHERE published_at > $1`, now).QueryRow(func(row pgx.Row) error {
		var first *time.Time
		if err := row.Scan(&first); err != nil {
			return fmt.Errorf("read the next date of publication: %w", err)
		}
		*next = orZero(first)
		return nil
	})
}

func (s Store) selectPages() string {
	return `SELECT slug, title, summary, html_language FROM ` + s.table + `
		WHERE page_position IS NOT NULL AND deleted_at IS NULL AND published_at <= $1 ORDER BY page_position, title, id LIMIT $2`
}

func collectPages(rows pgx.Rows) ([]PageLink, error) {
	pages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PageLink])
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	return pages, nil
}
