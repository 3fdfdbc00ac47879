package post

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Limits bound what a blog may store. nil: no limit.
type Limits struct {
	// MaxPosts is the maximum number of posts, drafts included.
	MaxPosts *int64
	// MaxStorageBytes is the maximum size of all posts together, Markdown and HTML, in bytes.
	MaxStorageBytes *int64
}

// LimitError is returned when a blog has no room for a post. Its text is for the author.
type LimitError struct {
	// Limit is the limit that would be exceeded, and Used what the blog would then use: posts, or bytes if Bytes is set.
	Limit, Used int64
	// Bytes says that the limit is one of size.
	Bytes bool
}

func (e *LimitError) Error() string {
	if e.Bytes {
		return fmt.Sprintf("With this post, the blog would use %d bytes; its limit is %d. Shorten or delete posts, or ask for a higher limit.", e.Used, e.Limit)
	}
	return fmt.Sprintf("This blog has reached its limit of %d posts. Delete a post, or ask for a higher limit.", e.Limit)
}

// usage is what the posts of a blog use, without the one that is being saved.
type usage struct{ posts, bytes int64 }

// queueUsage adds the statements that measure u to a batch. Until the transaction ends, other writers with a limit wait:
// otherwise two could both find room for one post.
func (s Store) queueUsage(batch *pgx.Batch, limits Limits, id int64, slug string, u *usage) {
	if limits.MaxPosts == nil && limits.MaxStorageBytes == nil {
		return
	}
	batch.Queue(`LOCK TABLE ` + s.table + ` IN SHARE ROW EXCLUSIVE MODE`)
	batch.Queue(`SELECT count(*), coalesce(sum(octet_length(content) + octet_length(html)), 0)::bigint FROM `+s.table+`
		WHERE id <> $1 AND slug <> $2`, id, slug).QueryRow(func(row pgx.Row) error {
		return row.Scan(&u.posts, &u.bytes)
	})
}

// check returns a *LimitError if there is no room for a post of size bytes. A post that replaces another one does not
// count towards MaxPosts.
func (l Limits) check(u usage, replaces bool, size int64) error {
	if l.MaxPosts != nil && !replaces && u.posts+1 > *l.MaxPosts {
		return &LimitError{Limit: *l.MaxPosts, Used: u.posts + 1}
	}
	if l.MaxStorageBytes != nil && u.bytes+size > *l.MaxStorageBytes {
		return &LimitError{Limit: *l.MaxStorageBytes, Used: u.bytes + size, Bytes: true}
	}
	return nil
}
