package editor

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// listSize is the number of posts on one page of the list.
	listSize = 50
	// maxListPage bounds the offset that a page number leads to.
	maxListPage = 100_000
)

// notices are the sentences about what was just done, by the name that the address carries.
var notices = map[string]string{
	"saved":       "Saved.",
	"published":   "Published. Readers can see it now.",
	"scheduled":   "Scheduled. Readers can see it from its date on.",
	"unpublished": "Unpublished. It is a draft now, and readers can no longer see it.",
	"deleted":     "Deleted.",
	"uploaded":    "Uploaded.",
}

// listView is the data of the list of posts.
type listView struct {
	Items []listItem
	// Newer and Older are the addresses of the adjacent pages. Empty: there is no such page.
	Newer, Older string
	// Notice says what was just done, and ReadOnly why the blog cannot be changed. Empty: nothing, and it can.
	Notice, ReadOnly string
}

type listItem struct {
	post.Item
	// State describes whether readers see the post, and Public says that they do.
	State  string
	Public bool
}

// list shows all posts, drafts included.
func (e *Editor) list(w http.ResponseWriter, r *request) error {
	number, ok := listNumber(r.URL.Query().Get("page"))
	if !ok {
		e.NotFound(w, r.Request, r.tenant)
		return nil
	}
	var items []post.Item
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		// One more than is shown, to know whether there is another page.
		items, err = r.posts().ListFiltered(ctx, db, r.now, post.Filter{}, listSize+1, (number-1)*listSize)
		return err
	})
	if err != nil {
		return err
	}
	e.purge(r)
	list := listView{Notice: notices[r.URL.Query().Get("done")], ReadOnly: r.readOnlyReason()}
	if number > 1 {
		list.Newer = listPath(number - 1)
	}
	if len(items) > listSize {
		items, list.Older = items[:listSize], listPath(number+1)
	}
	for _, item := range items {
		state, public := stateOf(item.PublishedAt, item.Unlisted, r.now)
		list.Items = append(list.Items, listItem{item, state, public})
	}
	return e.show(w, r, view{name: "list", title: "Posts", Data: list})
}

// purge deletes what has been in the trash for long enough. The list is shown even if the database cannot be written.
func (e *Editor) purge(r *request) {
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) error { return r.posts().Purge(ctx, db, r.now) })
	if err != nil {
		e.LogFailure(r.Request, r.tenant, err)
	}
}

// listNumber reads the number of a page of the list. Empty: the first.
func listNumber(text string) (number int, ok bool) {
	if text == "" {
		return 1, true
	}
	number, err := strconv.Atoi(text)
	return number, err == nil && number >= 1 && number <= maxListPage
}

func listPath(number int) string {
	if number == 1 {
		return site.WritePath
	}
	return site.WritePath + "?" + url.Values{"page": {strconv.Itoa(number)}}.Encode()
}

// stateOf describes whether readers see a post.
func stateOf(publishedAt time.Time, unlisted bool, now time.Time) (state string, public bool) {
	switch {
	case publishedAt.IsZero():
		return "Draft", false
	case publishedAt.After(now):
		return "Scheduled for " + web.Day(publishedAt), false
	case unlisted:
		return "Unlisted since " + web.Day(publishedAt), true
	}
	return "Published on " + web.Day(publishedAt), true
}
