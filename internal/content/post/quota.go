package post

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Quota limits what a blog can store. nil: no limit.
type Quota struct {
	// MaxPosts is the maximum number of posts, drafts included.
	MaxPosts *int64
	// MaxStorageBytes is the maximum size of all posts together, Markdown and HTML, in bytes.
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
		return fmt.Sprintf("With this post, the blog would use %d bytes; its limit is %d. Shorten or delete posts, or contact support for a higher limit.", e.Used, e.Max)
	}
	return fmt.Sprintf("This blog has reached its limit of %d posts. Delete a post, or contact support for a higher limit.", e.Max)
}

// usage is what the other posts of a blog use, apart from the one that is being saved.
type usage struct{ posts, bytes int64 }

// queueUsage adds the statements that measure u to a batch. Until the transaction ends, other writers with a quota wait:
// otherwise two could both find room for one post.
func (s Store) queueUsage(batch *pgx.Batch, quota Quota, id int64, slug string, u *usage) {
	if quota.MaxPosts == nil && quota.MaxStorageBytes == nil {
		return
	}
	batch.Queue(`LOCK TABLE ` + s.table + ` IN SHARE ROW EXCLUSIVE MODE`)
	batch.Queue(`SELECT count(*), coalesce(sum(octet_length(content) + octet_length(html)), 0)::bigint FROM `+s.table+`
		WHERE id <> $1 AND slug <> $2`, id, slug).QueryRow(func(row pgx.Row) error {
		return row.Scan(&u.posts, &u.bytes)
	})
}

// check returns a *QuotaError if there is no room for a post of size bytes. A post that replaces another one does not
// count towards MaxPosts.
func (q Quota) check(u usage, replaces bool, size int64) error {
	if q.MaxPosts != nil && !replaces && u.posts+1 > *q.MaxPosts {
		return &QuotaError{Max: *q.MaxPosts, Used: u.posts + 1}
	}
	if q.MaxStorageBytes != nil && u.bytes+size > *q.MaxStorageBytes {
		return &QuotaError{Max: *q.MaxStorageBytes, Used: u.bytes + size, Bytes: true}
	}
	return nil
}
