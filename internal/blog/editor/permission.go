package editor

import (
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// permission returns the blog's current limits, or a sentence that says why the user cannot change the blog. It reads
// the registry, because the directory can be seconds old.
func (e *Editor) permission(r *request) (limits post.Limits, refusal string, err error) {
	ctx, cancel := r.statementContext()
	defer cancel()
	found, err := directory.ReadByID(ctx, e.db, []int64{r.tenant.ID})
	switch {
	case err != nil:
		return post.Limits{}, "", fmt.Errorf("read the limits of %s: %w", r.tenant.Name, err)
	case len(found) == 0 || !found[0].Live() || found[0].Owner != r.username:
		return post.Limits{}, "You no longer own this blog. Nothing was changed.", nil
	}
	entry := &found[0]
	return post.Limits{MaxPosts: entry.MaxPosts, MaxStorageBytes: entry.MaxStorageBytes}, readOnly(entry, r.now), nil
}

// readOnly says why the owner of a blog cannot change it. Empty: the owner can.
func readOnly(entry *directory.Entry, now time.Time) string {
	switch {
	case entry.Suspended(now):
		return "This blog is suspended: readers cannot see it, and you cannot change it. Your posts are kept, and you can export them. " +
			"To continue, renew it or contact those who run the site."
	case !now.Before(entry.PaidUntil.AddDate(0, 0, 1)):
		return fmt.Sprintf("Your plan ended on %s, so you cannot change this blog. Readers can see it until %s. To write again, renew it or contact those who run the site.",
			web.Day(entry.PaidUntil), web.Day(entry.SuspendAt))
	}
	return ""
}
