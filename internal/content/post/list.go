package post

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Filter selects posts in their author's list. The zero value selects all, the newest first.
type Filter struct {
	// State is the state of the posts. Empty: any. Posts in the trash are in no list.
	State State
	// Pages selects pages alone.
	Pages bool
	// Tag is a tag that the posts have, in any case. Empty: any.
	Tag string
	// Words are words that the title or the content has, or their beginnings. Empty: any.
	Words string
	// Order is the order of the list.
	Order Order
}

// Order is the order of a list.
type Order string

// The orders of a list.
const (
	// OrderNewest has the posts by the date of publication, or that of the last change of a draft, the newest first.
	OrderNewest Order = ""
	// OrderOldest is the opposite.
	OrderOldest Order = "oldest"
	// OrderChanged has the last changed posts first.
	OrderChanged Order = "changed"
	// OrderTitle has the posts by their titles.
	OrderTitle Order = "title"
)

// sql returns the expressions to order by.
func (o Order) sql() string {
	const date = `coalesce(published_at, unlisted_at, updated_at)`
	switch o {
	case OrderOldest:
		return date + `, id`
	case OrderChanged:
		return versionAt + ` DESC, id DESC`
	case OrderTitle:
		return `lower(title), id`
	default:
		return date + ` DESC, id DESC`
	}
}

// stateConditions are conditions on the rows of each state at the time $1.
var stateConditions = map[State]string{
	"":             `true`,
	StateDraft:     `coalesce(published_at, unlisted_at) IS NULL`,
	StateScheduled: `coalesce(published_at, unlisted_at) > $1`,
	StatePublished: `published_at <= $1`,
	StateUnlisted:  `published_at IS NULL AND unlisted_at <= $1`,
}

// ListFiltered returns posts at the time now, drafts included: at most limit, after skipping offset. It reads all posts of the
// blog, and no other one's.
func (s Store) ListFiltered(ctx context.Context, db postgres.Querier, now time.Time, f Filter, limit, offset int) ([]Item, error) {
	state, known := stateConditions[f.State]
	if !known {
		return nil, fmt.Errorf("list posts: there is no state %q", f.State)
	}
	condition, query := `NOT (`+inTrash+`) AND `+state, prefixQuery(f.Words)
	rows, err := db.Query(ctx, `SELECT `+itemColumns+` FROM `+s.table+` WHERE `+condition+`
			AND ($2 = '' OR EXISTS (SELECT FROM unnest(tags) tag WHERE lower(tag) = lower($2)))
			AND ($3 = '' OR search @@ to_tsquery('simple', $3) OR strpos(lower(title), lower($4)) > 0)
			AND $1::timestamptz IS NOT NULL -- its type, in the states without it
			AND (NOT $7 OR page_position IS NOT NULL)
		ORDER BY `+f.Order.sql()+` LIMIT $5 OFFSET $6`, binary, now, f.Tag, query, strings.TrimSpace(f.Words), limit, offset, f.Pages)
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	items, err := pgx.CollectRows(rows, scanItem)
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	return items, nil
}

const itemColumns = `id, slug, title, summary, tags, coalesce(published_at, unlisted_at), published_at IS NULL AND unlisted_at IS NOT NULL,
	page_position IS NOT NULL, pinned_at IS NOT NULL, pending IS NOT NULL, ` + versionAt

func scanItem(row pgx.CollectableRow) (Item, error) {
	var (
		i         Item
		published *time.Time
	)
	err := row.Scan(&i.ID, &i.Slug, &i.Title, &i.Summary, &i.Tags, &published, &i.Unlisted, &i.Page, &i.Pinned, &i.Pending, &i.UpdatedAt)
	i.PublishedAt = orZero(published)
	return i, err
}

// maxWords is how many words are looked for at once.
const maxWords = 20

// prefixQuery returns a text search query for words that begin like the given ones. Empty: there is no word.
func prefixQuery(text string) string {
	isSeparator := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) }
	words := strings.FieldsFunc(text, isSeparator)
	for i := range words {
		words[i] = "'" + words[i] + "':*" // a word has no quotation mark
	}
	return strings.Join(words[:min(len(words), maxWords)], " & ")
}

// Counts are the numbers of posts by state. Pages are counted by their states as well.
type Counts struct{ All, Drafts, Scheduled, Published, Unlisted, Pages, Trash int64 }

// Count counts the posts of a blog at the time now. Those in the trash count as such alone.
func (s Store) Count(ctx context.Context, db postgres.Querier, now time.Time) (c Counts, err error) {
	const all = `NOT (` + inTrash + `) AND `
	err = db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE `+all+`true), count(*) FILTER (WHERE `+all+stateConditions[StateDraft]+`),
			count(*) FILTER (WHERE `+stateConditions[StateScheduled]+`), count(*) FILTER (WHERE `+stateConditions[StatePublished]+`),
			count(*) FILTER (WHERE `+stateConditions[StateUnlisted]+`), count(*) FILTER (WHERE `+all+`page_position IS NOT NULL), count(*) FILTER (WHERE `+inTrash+` AND deleted_at > $2)
		FROM `+s.table, binary, now, now.Add(-TrashRetention)).Scan(&c.All, &c.Drafts, &c.Scheduled, &c.Published, &c.Unlisted, &c.Pages, &c.Trash)
	if err != nil {
		return Counts{}, fmt.Errorf("count posts: %w", err)
	}
	return c, nil
}

// TagCount is a tag with the number of posts that have it.
type TagCount struct {
	// Tag is written as in most of the posts.
	Tag   string
	Posts int64
}

// ListTags returns the tags of all posts, drafts included, the most frequent first: at most limit.
func (s Store) ListTags(ctx context.Context, db postgres.Querier, limit int) ([]TagCount, error) {
	rows, err := db.Query(ctx, `SELECT mode() WITHIN GROUP (ORDER BY tag), count(*) FROM `+s.table+`, unnest(tags) tag
		WHERE NOT (`+inTrash+`) GROUP BY lower(tag) ORDER BY count(*) DESC, lower(tag) LIMIT $1`, binary, limit)
	return collectTags(rows, err)
}

// collectTags reads the rows of a list of tags, unless err is the error of its statement.
func collectTags(rows pgx.Rows, err error) ([]TagCount, error) {
	if err != nil {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	tags, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TagCount])
	if err != nil {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	return tags, nil
}
