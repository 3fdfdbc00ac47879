package blog

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// writePageSize is the number of posts on one page of the owner's list.
const writePageSize = 50

// done are what a page may say of what was done; the address carries only the name.
var done = map[string]string{
	"saved":       "Saved.",
	"published":   "Published: readers see it now.",
	"unpublished": "Unpublished: it is a draft now, and readers do not see it any more.",
	"deleted":     "Deleted.",
}

// writeList is what the list of all posts shows.
type writeList struct {
	Items []writeItem
	// Newer and Older are the addresses of the pages beside this one. Empty: there is none.
	Newer, Older string
	// Notice says what was just done, and Paused why nothing can be changed. Empty: nothing, and it can.
	Notice, Paused string
}

type writeItem struct {
	post.Item
	// State says in words whether readers see it.
	State string
	// Public says that they do.
	Public bool
}

// writeIndex lists all posts, drafts included.
func (s *site) writeIndex(w http.ResponseWriter, r *ownerRequest) error {
	number := 1
	if asked := r.URL.Query().Get("page"); asked != "" {
		var err error
		if number, err = strconv.Atoi(asked); err != nil || number < 1 || number > maxPage {
			s.notFound(w, r.Request, r.tenant)
			return nil
		}
	}
	ctx, cancel := r.statementContext()
	defer cancel()
	// One more than is shown tells whether there is another page.
	items, err := r.tenant.posts().ListAll(ctx, s.pool, writePageSize+1, (number-1)*writePageSize)
	if err != nil {
		return err
	}
	list := writeList{Notice: done[r.URL.Query().Get("done")], Paused: r.tenant.paused(r.now)}
	if number > 1 {
		list.Newer = writePageAddress(number - 1)
	}
	if len(items) > writePageSize {
		items, list.Older = items[:writePageSize], writePageAddress(number+1)
	}
	for _, item := range items {
		state, public := stateOf(item.PublishedAt, r.now)
		list.Items = append(list.Items, writeItem{item, state, public})
	}
	return s.show(w, r, ownerView{name: "write", title: "Posts", Data: list})
}

func writePageAddress(number int) string {
	if number == 1 {
		return writePath
	}
	return writePath + "?" + url.Values{"page": {strconv.Itoa(number)}}.Encode()
}

// stateOf says in words whether readers see a post.
func stateOf(publishedAt, now time.Time) (state string, public bool) {
	switch {
	case publishedAt.IsZero():
		return "Draft", false
	case publishedAt.After(now):
		return "Appears on " + day(publishedAt), false
	}
	return "Published on " + day(publishedAt), true
}

// paused says why nothing can be changed in the blog, for its owner. Empty: it can.
func (t *tenant) paused(now time.Time) string { return paused(t.PaidUntil, t.SuspendAt, now) }

func paused(paidUntil, suspendAt, now time.Time) string {
	switch {
	case !now.Before(suspendAt):
		return "This blog is suspended: readers do not see it, and nothing can be changed. All your posts are kept, and you can take them with you. " +
			"To go on, renew it, or ask those who run the site."
	case !now.Before(paidUntil.AddDate(0, 0, 1)):
		return fmt.Sprintf("The paid time of this blog ended on %s, so nothing can be changed. Readers see it until %s. To write again, renew it, or ask those who run the site.",
			day(paidUntil), day(suspendAt))
	}
	return ""
}
