package post

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Neighbors are the posts before and after a post, by their dates. One without a slug does not exist.
type Neighbors struct{ Older, Newer Entry }

// QueueNeighbors adds a statement to a batch that reads the neighbors of the post with a slug, among those that readers see at the time
// now, into beside. A post that no list has, and a page, has none.
func (s Store) QueueNeighbors(batch *postgres.Batch, now time.Time, slug string, beside *Neighbors) {
	const listed, place = ` AND page_position IS NULL`, `(published_at, id)`
	this := `(SELECT published_at, id FROM ` + s.table + ` WHERE slug = $2` + listed + `)`
	one := func(compare, order string) string {
		return `(SELECT ` + entryColumns + `, published_at FROM ` + s.table + ` WHERE published_at <= $1` + listed + ` AND ` + place + compare + this + order + ` LIMIT 1)`
	}
	batch.Queue(`SELECT true AS newer, beside.* FROM `+one(` > `, ` ORDER BY published_at, id`)+` beside
		UNION ALL SELECT false, beside.* FROM `+one(` < `, ` ORDER BY published_at DESC, id DESC`)+` beside`, now, slug).Query(func(rows pgx.Rows) error {
		var (
			newer bool
			e     Entry
		)
		_, err := pgx.ForEachRow(rows, append([]any{&newer}, entryDestinations(&e)...), func() error {
			if newer {
				beside.Newer = e
			} else {
				beside.Older = e
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the posts beside %s: %w", slug, err)
		}
		return nil
	})
}
