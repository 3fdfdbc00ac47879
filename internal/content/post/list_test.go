package post_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func TestListFiltered(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	hour := func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	for i, document := range []post.Document{
		{Title: "Zebra", Content: "On the *harbour* wall.", Date: hour(-3), Tags: []string{"Go", "sea"}},
		{Title: "Apple", Content: "don't-panic, it's fine", Date: hour(-2), Tags: []string{"go"}},
		{Title: "Later", Content: "Harbours.", Date: hour(1), Tags: []string{"Go"}},
		{Title: "Hidden", Content: "日本語のブログ", Date: hour(-1), Unlisted: true},
		{Title: "日本語のブログ", Content: "x", Draft: true},
		{Title: "Gone", Content: "harbour", Date: hour(-1), Tags: []string{"Go"}},
		{Title: "About", Content: "Me.", Date: hour(-4), Page: true},
	} {
		save(t, pool, store, document, now.Add(time.Duration(i)*time.Minute))
	}
	remove(t, pool, store, "gone")
	for name, test := range map[string]struct {
		filter post.Filter
		want   []string
	}{
		"all":                {post.Filter{}, []string{"later", "日本語のブログ", "hidden", "apple", "zebra", "about"}},
		"the oldest first":   {post.Filter{Order: post.OrderOldest}, []string{"about", "zebra", "apple", "hidden", "日本語のブログ", "later"}},
		"the last changed":   {post.Filter{Order: post.OrderChanged}, []string{"日本語のブログ", "later", "hidden", "apple", "zebra", "about"}},
		"by title":           {post.Filter{Order: post.OrderTitle}, []string{"about", "apple", "hidden", "later", "zebra", "日本語のブログ"}},
		"drafts":             {post.Filter{State: post.StateDraft}, []string{"日本語のブログ"}},
		"scheduled":          {post.Filter{State: post.StateScheduled}, []string{"later"}},
		"published":          {post.Filter{State: post.StatePublished}, []string{"apple", "zebra", "about"}},
		"pages":              {post.Filter{Pages: true}, []string{"about"}},
		"draft pages":        {post.Filter{Pages: true, State: post.StateDraft}, nil},
		"unlisted":           {post.Filter{State: post.StateUnlisted}, []string{"hidden"}},
		"a tag in any case":  {post.Filter{Tag: "GO"}, []string{"later", "apple", "zebra"}},
		"no such tag":        {post.Filter{Tag: "g"}, nil},
		"a word":             {post.Filter{Words: "HARBOUR"}, []string{"later", "zebra"}},
		"two words":          {post.Filter{Words: "harb wall"}, []string{"zebra"}},
		"a word of a title":  {post.Filter{Words: "app"}, []string{"apple"}},
		"in a title":         {post.Filter{Words: "ブログ"}, []string{"日本語のブログ"}},
		"operators":          {post.Filter{Words: "' & | ! ( ) : * \\ <-> panic"}, []string{"apple"}},
		"nothing but marks":  {post.Filter{Words: " !? "}, []string{"later", "日本語のブログ", "hidden", "apple", "zebra", "about"}},
		"a tag and a state":  {post.Filter{Tag: "go", State: post.StatePublished, Words: "fine"}, []string{"apple"}},
		"words that are not": {post.Filter{Words: "elephant"}, nil},
	} {
		items, err := store.ListFiltered(t.Context(), pool, now, test.filter, 10, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, slugs(items, func(i post.Item) string { return i.Slug })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, item := range items {
			if state := item.State(now); test.filter.State != "" && state != test.filter.State {
				t.Errorf("%s: %s is %s", name, item.Slug, state)
			}
		}
	}
	if _, err := store.ListFiltered(t.Context(), pool, now, post.Filter{State: "other"}, 10, 0); err == nil {
		t.Error("an unknown state is no error")
	}
	if items, err := store.ListFiltered(t.Context(), pool, now, post.Filter{}, 2, 3); err != nil || len(items) != 2 || items[0].Slug != "apple" {
		t.Errorf("the second page is %+v, %v", items, err)
	}
	counts, err := store.Count(t.Context(), pool, now)
	if want := (post.Counts{All: 6, Drafts: 1, Scheduled: 1, Published: 3, Unlisted: 1, Pages: 1, Trash: 1}); err != nil || counts != want {
		t.Errorf("the counts are %+v, %v; want %+v", counts, err, want)
	}
	tags, err := store.ListTags(t.Context(), pool, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]post.TagCount{{Tag: "Go", Posts: 3}, {Tag: "sea", Posts: 1}}, tags); diff != "" {
		t.Errorf("the tags (-want +got):\n%s", diff)
	}
}
