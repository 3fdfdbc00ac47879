package editor

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// maxTagChoices is how many tags the list offers to filter by.
const maxTagChoices = 100

// listView is the data of the list of posts.
type listView struct {
	// Query is what the list shows.
	Query listQuery
	Tabs  []listTab
	Items []listItem
	Tags  []post.TagCount
	// Newer and Older are the addresses of the adjacent pages. Empty: there is no such page.
	Newer, Older string
	// Notice says what was just done, and ReadOnly why the blog cannot be changed. Empty: nothing, and it can.
	Notice, ReadOnly string
}

// Trash reports whether the list is the trash.
func (v *listView) Trash() bool { return v.Query.Tab == tabTrash }

// IsTag reports whether the list shows the posts with a tag.
func (v *listView) IsTag(tag string) bool { return strings.EqualFold(tag, v.Query.Tag) }

// Orders returns the orders of the list, with their names.
func (v *listView) Orders() []listOrder {
	return []listOrder{{post.OrderNewest, "Newest first"}, {post.OrderOldest, "Oldest first"}, {post.OrderChanged, "Last changed"}, {post.OrderTitle, "Title"}}
}

type listOrder struct {
	Order post.Order
	Name  string
}

// trashDays is how long posts stay in the trash, in days.
const trashDays = int(post.TrashRetention / (24 * time.Hour))

// TrashDays is how long posts stay in the trash, in days.
func (v *listView) TrashDays() int { return trashDays }

// listTab is a list of posts in one state.
type listTab struct {
	Name, Address string
	Posts         int64
	Current       bool
}

type listItem struct {
	post.Item
	// State describes whether readers see the post, and Public says that they do.
	State  string
	Public bool
}

// Value identifies the version of the post in the form of the list.
func (i listItem) Value() string {
	if i.UpdatedAt.IsZero() {
		return strconv.FormatInt(i.ID, 10)
	}
	return strconv.FormatInt(i.ID, 10) + "." + strconv.FormatInt(i.UpdatedAt.UnixMicro(), 10)
}

// EditPath is where the post is edited.
func (i listItem) EditPath() string { return site.EditPath(i.Slug) }

// PostPath is where readers see the post.
func (i listItem) PostPath() string { return site.PostPath(i.Slug) }

// Draft reports whether readers do not see the post, at no time.
func (i listItem) Draft() bool { return i.PublishedAt.IsZero() }

// list shows the posts of the author, drafts included.
func (e *Editor) list(w http.ResponseWriter, r *request) error {
	query, ok := parseListQuery(r.URL.Query())
	if !ok {
		e.NotFound(w, r.Request, r.page(), nil)
		return nil
	}
	list := &listView{Query: query, Notice: noticeOf(r.URL.Query()), ReadOnly: r.readOnlyReason()}
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) error { return list.read(ctx, db, r) })
	if err != nil {
		return err
	}
	e.purge(r)
	if query.Page > 1 {
		list.Newer = query.at(query.Page - 1).address()
	}
	if len(list.Items) > listSize {
		list.Items, list.Older = list.Items[:listSize], query.at(query.Page+1).address()
	}
	return e.show(w, r, view{name: "list", title: "Posts", style: "posts.css", Data: list})
}

// read reads what the list shows, and one post more, to know whether there is another page.
func (v *listView) read(ctx context.Context, db postgres.Beginner, r *request) error {
	set, err := settings.NewStore(r.tenant.SchemaName).Load(ctx, db)
	if err != nil {
		return err
	}
	counts, err := r.posts().Count(ctx, db, r.now)
	if err != nil {
		return err
	}
	v.setTabs(counts)
	author, offset := clock{r.now, set.Location()}, (v.Query.Page-1)*listSize
	if v.Trash() {
		items, err := r.posts().ListTrash(ctx, db, r.now, listSize+1, offset)
		for _, item := range items {
			shown := post.Item{ID: item.ID, Slug: item.Slug, Title: item.Title, Summary: item.Summary}
			state := "Deleted on " + author.day(item.DeletedAt) + ". Kept until " + author.day(item.DeletedAt.Add(post.TrashRetention))
			v.Items = append(v.Items, listItem{shown, state, false})
		}
		return err
	}
	if v.Tags, err = r.posts().ListTags(ctx, db, maxTagChoices); err != nil {
		return err
	}
	if v.Query.Tag != "" && !slices.ContainsFunc(v.Tags, func(t post.TagCount) bool { return v.IsTag(t.Tag) }) {
		v.Tags = append(v.Tags, post.TagCount{Tag: v.Query.Tag})
	}
	items, err := r.posts().ListFiltered(ctx, db, r.now, v.Query.filter(), listSize+1, offset)
	for _, item := range items {
		state, public := author.state(item.State(r.now), item.PublishedAt)
		if item.PublishedAt.IsZero() {
			state += ", changed on " + author.day(item.UpdatedAt)
		}
		v.Items = append(v.Items, listItem{item, state, public})
	}
	return err
}

// setTabs sets the tabs. A search and a tag apply to all of them but the trash.
func (v *listView) setTabs(counts post.Counts) {
	for _, tab := range []struct {
		name, show string
		posts      int64
	}{
		{"All", "", counts.All}, {"Drafts", string(post.StateDraft), counts.Drafts}, {"Scheduled", string(post.StateScheduled), counts.Scheduled},
		{"Published", string(post.StatePublished), counts.Published}, {"Unlisted", string(post.StateUnlisted), counts.Unlisted},
		{"Pages", tabPages, counts.Pages}, {"Trash", tabTrash, counts.Trash},
	} {
		query := v.Query.at(1)
		if query.Tab = tab.show; tab.show == tabTrash {
			query = listQuery{Tab: tabTrash}
		}
		v.Tabs = append(v.Tabs, listTab{tab.name, query.address(), tab.posts, tab.show == v.Query.Tab})
	}
}

// purge deletes what has been in the trash for long enough. The list is shown even if the database cannot be written.
func (e *Editor) purge(r *request) {
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) error { return r.posts().Purge(ctx, db, r.now) })
	if err != nil {
		e.LogFailure(r.Request, r.tenant, err)
	}
}
