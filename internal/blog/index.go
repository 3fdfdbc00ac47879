package blog

import (
	"html/template"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/posts"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// pageSize is the number of posts on one page.
	pageSize = 10
	// maxPage keeps the offset of a made-up page number small.
	maxPage = 100_000
)

// indexPage is the data of the template index.
type indexPage struct {
	web.Page
	// Number of the page, from 1 on.
	Number int
	// Entries is the list of posts. Empty: there are none.
	Entries template.HTML
	// Newer and Older are addresses of the neighbouring pages. Empty: there is none.
	Newer, Older string
}

func (s *site) firstPage(w http.ResponseWriter, r *http.Request, t *tenant) error {
	return s.index(w, r, t, 1)
}

func (s *site) furtherPage(w http.ResponseWriter, r *http.Request, t *tenant) error {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 1 || number > maxPage || strconv.Itoa(number) != r.PathValue("number") {
		return posts.ErrNotFound
	}
	if number == 1 {
		redirect(w, "/")
		return nil
	}
	return s.index(w, r, t, number)
}

// index shows one page of the list of posts. Pages are numbered, and so read by offset: a number can be guessed, linked
// and counted, which a position in the list cannot, and the index that the rows are skipped in holds some hundred posts
// of one blog.
func (s *site) index(w http.ResponseWriter, r *http.Request, t *tenant, number int) error {
	ctx, cancel := statementContext(r)
	defer cancel()
	// One more than is shown tells whether there is another page.
	entries, err := t.posts.List(ctx, s.pool, s.now(), pageSize+1, (number-1)*pageSize)
	if err != nil {
		return err
	}
	if len(entries) == 0 && number > 1 {
		return posts.ErrNotFound
	}
	data := indexPage{Page: t.page(t.DisplayName), Number: number, Newer: pageAddress(number - 1)}
	data.Home = number == 1
	data.Canonical = t.origin + pageAddress(number)
	if len(entries) > pageSize {
		entries = entries[:pageSize]
		data.Older = pageAddress(number + 1)
	}
	if number > 1 {
		data.Title = "Page " + strconv.Itoa(number)
	}
	data.Entries = renderEntries(entries)
	return s.sendPage(w, r, "index", data)
}

// pageAddress returns where a page of the list is. Empty for 0, which is none.
func pageAddress(number int) string {
	switch number {
	case 0:
		return ""
	case 1:
		return "/"
	}
	return "/page/" + strconv.Itoa(number) + "/"
}

// page returns what the layout shows on every page of a tenant.
func (t *tenant) page(title string) web.Page {
	return web.Page{Title: title, Site: t.DisplayName, Feed: feedPath}
}

// addSlash leads to the address that posts and pages have.
func (s *site) addSlash(w http.ResponseWriter, r *http.Request, _ *tenant) error {
	if !isPlainPath(r.URL.Path) {
		return posts.ErrNotFound
	}
	redirect(w, r.URL.Path+"/")
	return nil
}

// isPlainPath reports whether a path can be that of a post. Others are not repeated in a redirect: browsers take
// //host and /\host for another site.
func isPlainPath(path string) bool {
	for i := range len(path) {
		c := path[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '/' {
			return false
		}
	}
	return len(path) > 1 && path[1] != '/'
}

// redirect answers with another path of the same host, whatever scheme and port it was reached by.
func redirect(w http.ResponseWriter, path string) {
	w.Header().Set("Location", path)
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusMovedPermanently)
}
