package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/search"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// maxRanked is how many posts with the words of a query are ranked. If there are more, they are not the rarest words.
	maxRanked = 200
	// MaxScanned is in how many of the newest posts parts of text are looked for, for which there is no index.
	MaxScanned = 1000
	// maxFoundHTML is the size of the HTML of a post of which a search shows a part, in bytes.
	maxFoundHTML = 64 << 10
)

// Found is a post that a search found.
type Found struct {
	Entry
	// HTML is the rendered content, sanitized. Empty if it was left out, because it is too large.
	HTML string
}

// Search returns the posts and pages with all words of a query that readers see at the time now, the best first: at most limit. Those
// with the words in their title are before the others.
func (s Store) Search(ctx context.Context, db postgres.Querier, now time.Time, q search.Query, limit int) ([]Found, error) {
	if q.IsEmpty() {
		return nil, nil
	}
	const hasParts = `NOT EXISTS (SELECT FROM unnest($3::text[]) part WHERE strpos(title, part) = 0 AND strpos(content, part) = 0)`
	found := s.table + ` WHERE search @@ to_tsquery('simple', $2) AND published_at <= $1 AND ` + hasParts
	if len(q.Prefixes) == 0 {
		found = `(SELECT id, title, content FROM ` + s.table + ` WHERE published_at <= $1 ORDER BY published_at DESC, id DESC
			LIMIT ` + fmt.Sprint(MaxScanned) + `) newest WHERE ` + hasParts
	}
	rows, err := db.Query(ctx, `WITH found AS MATERIALIZED (SELECT id FROM `+found+` LIMIT `+fmt.Sprint(maxRanked)+`)
		SELECT `+entryColumns+`, published_at, CASE WHEN octet_length(html) <= $4 THEN html ELSE '' END FROM `+s.table+` JOIN found USING (id)
		ORDER BY (to_tsvector('simple', title) @@ to_tsquery('simple', $2))::int + (SELECT count(*) FROM unnest($3::text[]) part WHERE strpos(title, part) > 0) DESC,
			ts_rank(search, to_tsquery('simple', $2), 1) DESC, published_at DESC, id DESC
		LIMIT $5`, binary, now, q.TextQuery(), orEmpty(q.Parts), maxFoundHTML, limit)
	if err != nil {
		return nil, fmt.Errorf("search posts: %w", err)
	}
	posts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Found, err error) {
		err = row.Scan(append(entryDestinations(&f.Entry), &f.HTML)...)
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("search posts: %w", err)
	}
	return posts, nil
}
