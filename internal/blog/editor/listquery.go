package editor

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
)

const (
	// listSize is the number of posts on one page of a list.
	listSize = 25
	// maxListPage bounds the offset that a page number leads to.
	maxListPage = 100_000
	// maxSearch is the length of a search, in characters.
	maxSearch = 200
)

// The tabs of the list that are not states of posts.
const (
	tabPages = "pages"
	tabTrash = "trash"
)

// listQuery selects a page of the list of posts. The zero value is the first page of all posts.
type listQuery struct {
	// Tab is a state of posts, tabPages or tabTrash. Empty: all posts.
	Tab string
	// Tag, Words and Order are those of a post.Filter.
	Tag, Words string
	Order      post.Order
	// Page is the number of the page, from 1.
	Page int
}

// parseListQuery reads the query of an address. It returns false if no page of the list has it.
func parseListQuery(values url.Values) (q listQuery, ok bool) {
	q = listQuery{Tab: values.Get("show"), Tag: values.Get("tag"), Words: values.Get("q"), Order: post.Order(values.Get("order"))}
	switch q.Tab {
	case "", string(post.StateDraft), string(post.StateScheduled), string(post.StatePublished), string(post.StateUnlisted), tabPages, tabTrash:
	default:
		return listQuery{}, false
	}
	switch q.Order {
	case post.OrderNewest, post.OrderOldest, post.OrderChanged, post.OrderTitle:
	default:
		return listQuery{}, false
	}
	for _, text := range []string{q.Tag, q.Words} {
		if utf8.RuneCountInString(text) > maxSearch || !utf8.ValidString(text) || strings.ContainsRune(text, 0) { // PostgreSQL refuses these
			return listQuery{}, false
		}
	}
	q.Page, ok = listNumber(values.Get("page"))
	return q, ok
}

// filter returns what selects the posts of the list.
func (q listQuery) filter() post.Filter {
	f := post.Filter{Tag: q.Tag, Words: q.Words, Order: q.Order}
	if f.Pages = q.Tab == tabPages; !f.Pages {
		f.State = post.State(q.Tab)
	}
	return f
}

// IsFiltered reports whether the list may leave out posts of its tab.
func (q listQuery) IsFiltered() bool { return q.Tag != "" || q.Words != "" }

// Encode returns the query of the address.
func (q listQuery) Encode() string {
	values := url.Values{}
	for name, value := range map[string]string{"show": q.Tab, "tag": q.Tag, "q": q.Words, "order": string(q.Order)} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.Page > 1 {
		values.Set("page", strconv.Itoa(q.Page))
	}
	return values.Encode()
}

// address returns the address of the page.
func (q listQuery) address() string {
	if query := q.Encode(); query != "" {
		return site.WritePath + "?" + query
	}
	return site.WritePath
}

// after returns the address of the page with the notice that something was done with posts.
func (q listQuery) after(done string, posts int) string {
	values, _ := url.ParseQuery(q.Encode())
	values.Set("done", done)
	values.Set("posts", strconv.Itoa(posts))
	return site.WritePath + "?" + values.Encode()
}

// at returns the query of another page of the same list.
func (q listQuery) at(page int) listQuery {
	q.Page = page
	return q
}

// listNumber reads the number of a page of a list. Empty: the first.
func listNumber(text string) (number int, ok bool) {
	if text == "" {
		return 1, true
	}
	number, err := strconv.Atoi(text)
	return number, err == nil && number >= 1 && number <= maxListPage
}
