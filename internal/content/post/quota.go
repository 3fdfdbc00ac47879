package post

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Quota limits what a blog can store. nil: no limit.
type Quota struct {
	// MaxPosts is the maximum number of posts, drafts included. Those in the trash do not count.
	MaxPosts *int64
	// MaxStorageBytes is the maximum size of everything that Usage measures together.
	MaxStorageBytes *int64
}

// QuotaError is returned when a blog has no room for a post. Its text is for the author.
type QuotaError struct {
	// Max is the limit that would be exceeded, and Used what the blog would use: posts, or bytes if Bytes is set.
	Max, Used int64
	Bytes     bool
}

func (e *QuotaError) Error() string {
	if e.Bytes {
		return fmt.Sprintf("With this post, the blog would use %d bytes; its limit is %d. Shorten posts, delete files, or empty the trash; or contact support for a higher limit.", e.Used, e.Max)
	}
	return fmt.Sprintf("This blog has reached its limit of %d posts. Delete a post, or contact support for a higher limit.", e.Max)
}

// Usage is what a blog stores.
type Usage struct {
	// Posts is the number of posts, apart from those in the trash.
	Posts int64
	// PostBytes is the size of the Markdown and HTML of all posts, with their pending changes and those in the trash.
	PostBytes int64
	// RevisionBytes is the size of the revisions, and MediaBytes that of the files, with the smaller sizes of pictures.
	RevisionBytes, MediaBytes int64
}

// Bytes returns the size of everything, which Quota.MaxStorageBytes limits.
func (u Usage) Bytes() int64 { return u.PostBytes + u.RevisionBytes + u.MediaBytes }

// Usage measures what the blog stores.
func (s Store) Usage(ctx context.Context, db postgres.Querier) (Usage, error) {
	var used usage
	batch := &pgx.Batch{}
	s.queueSizes(batch, 0, "", &used)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return Usage{}, fmt.Errorf("measure what %s stores: %w", s.schema, err)
	}
	return used.Usage, nil
}

// BytesWithoutMedia measures posts and revisions, for those who store media.
func (s Store) BytesWithoutMedia(ctx context.Context, db postgres.Querier) (int64, error) {
	used, err := s.Usage(ctx, db)
	return used.Bytes() - used.MediaBytes, err
}

// usage is what a blog uses, apart from the post that is being saved.
type usage struct {
	Usage
	// own are the bytes of its Markdown and HTML.
	own int64
}

// none reports whether there is no limit.
func (q Quota) none() bool { return q.MaxPosts == nil && q.MaxStorageBytes == nil }

// queueLock adds statements to a batch that make other writers with a quota wait until the transaction ends: otherwise two could
// both find room for one post. They precede all other statements on the tables, whose weaker locks they would wait for. Uploads that
// begin or end have the second lock.
func (s Store) queueLock(batch *pgx.Batch, quota Quota) {
	if quota.none() {
		return
	}
	for _, table := range []string{s.table, s.media} {
		batch.Queue(`LOCK TABLE ` + table + ` IN SHARE ROW EXCLUSIVE MODE`)
	}
}

// queueUsage adds the statements that measure u to a batch, if the quota needs it.
func (s Store) queueUsage(batch *pgx.Batch, quota Quota, id int64, slug string, u *usage) {
	if !quota.none() {
		s.queueSizes(batch, id, slug, u)
	}
}

func (s Store) queueSizes(batch *pgx.Batch, id int64, slug string, u *usage) {
	const (
		others = `FILTER (WHERE id <> $1 AND slug <> $2)`
		bytes  = `octet_length(content) + octet_length(html)`
	)
	batch.Queue(`SELECT count(*) FILTER (WHERE id <> $1 AND slug <> $2 AND NOT (`+inTrash+`)),
			coalesce(sum(`+bytes+` + coalesce(octet_length(pending::text), 0)) `+others+`, 0)::bigint,
			coalesce(sum(`+bytes+`) FILTER (WHERE id = $1 OR slug = $2), 0)::bigint
		FROM `+s.table, id, slug).QueryRow(func(row pgx.Row) error {
		return row.Scan(&u.Posts, &u.PostBytes, &u.own)
	})
	batch.Queue(`SELECT coalesce(sum(size), 0)::bigint FROM ` + s.revisions).QueryRow(func(row pgx.Row) error { return row.Scan(&u.RevisionBytes) })
	batch.Queue(`SELECT coalesce(sum(size + coalesce((SELECT sum((variant ->> 'size')::bigint) FROM jsonb_array_elements(variants) variant), 0)), 0)::bigint
		FROM ` + s.media).QueryRow(func(row pgx.Row) error { return row.Scan(&u.MediaBytes) })
}

// room is what a post needs: posts is 0 if it replaces another one, and revisions are bytes that make way.
type room struct{ posts, bytes, revisions int64 }

// fit returns a *QuotaError if there is no room for a post. If revisions take it, it deletes the oldest ones of the blog.
func (s Store) fit(ctx context.Context, tx pgx.Tx, q Quota, u usage, need room) error {
	if q.MaxPosts != nil && need.posts > 0 && u.Posts+need.posts > *q.MaxPosts {
		return &QuotaError{Max: *q.MaxPosts, Used: u.Posts + need.posts}
	}
	if q.MaxStorageBytes == nil {
		return nil
	}
	lasting := u.PostBytes + u.MediaBytes + need.bytes
	surplus := lasting + u.RevisionBytes + need.revisions - *q.MaxStorageBytes
	switch {
	case lasting > *q.MaxStorageBytes:
		return &QuotaError{Max: *q.MaxStorageBytes, Used: lasting, Bytes: true}
	case surplus <= 0:
		return nil
	}
	_, err := tx.Exec(ctx, `DELETE FROM `+s.revisions+` WHERE (post_id, saved_at) IN (SELECT post_id, saved_at FROM (
			SELECT post_id, saved_at, sum(size) OVER (ORDER BY saved_at, post_id) - size AS before FROM `+s.revisions+`) oldest
		WHERE before < $1)`, surplus)
	return err
}
