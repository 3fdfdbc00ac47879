package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// YearCount is a year with the number of posts that were published in it.
type YearCount struct{ Year, Posts int }

// ListYears returns the years in which the posts were published that readers see at the time now, the last first, in a time zone. The
// zone is one of the program's: the database may know others.
func (s Store) ListYears(ctx context.Context, db postgres.Querier, now time.Time, zone *time.Location) ([]YearCount, error) {
	rows, err := db.Query(ctx, `SELECT published_at FROM `+s.table+` WHERE published_at <= $1 AND page_position IS NULL
		ORDER BY published_at DESC, id DESC LIMIT $2`, binary, now, maxCounted)
	if err != nil {
		return nil, fmt.Errorf("list years: %w", err)
	}
	var (
		years []YearCount
		at    time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&at}, func() error {
		if year := at.In(zone).Year(); len(years) == 0 || years[len(years)-1].Year != year {
			years = append(years, YearCount{Year: year})
		}
		years[len(years)-1].Posts++
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list years: %w", err)
	}
	return years, nil
}

// ListBetween returns the posts that readers see at the time now and that were published from one time until before another, the newest
// first: at most limit, after skipping offset.
func (s Store) ListBetween(ctx context.Context, db postgres.Querier, now, from, until time.Time, limit, offset int) ([]Entry, error) {
	rows, err := db.Query(ctx, `SELECT `+entryColumns+`, published_at, '', '' FROM `+s.table+`
		WHERE published_at <= $1 AND published_at >= $2 AND published_at < $3 AND page_position IS NULL
		ORDER BY published_at DESC, id DESC LIMIT $4 OFFSET $5`, binary, now, from, until, limit, offset)
	entries, err := collectEntries(rows, err)
	for i := range entries {
		entries[i].Pinned = false // to the list of all posts
	}
	return entries, err
}
