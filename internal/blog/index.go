package blog

import (
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// pageSize is the number of posts on one page.
	pageSize = 10
	// maxPage keeps the offset of a made-up page number small.
	maxPage = 100_000
)

func (s *site) firstPage(w http.ResponseWriter, r *http.Request, t *tenant) error {
	return s.index(w, r, t, 1)
}

func (s *site) furtherPage(w http.ResponseWriter, r *http.Request, t *tenant) error {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 1 || number > maxPage || strconv.Itoa(number) != r.PathValue("number") {
		return post.ErrNotFound
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
	entries, err := t.posts().List(ctx, s.pool, s.now(), pageSize+1, (number-1)*pageSize)
	if err != nil {
		return err
	}
	if len(entries) == 0 && number > 1 {
		return post.ErrNotFound
	}
	page := t.page(t.DisplayName)
	page.Home = number == 1
	page.Canonical = t.origin + pageAddress(number)
	if number > 1 {
		page.Title = "Page " + strconv.Itoa(number)
	}
	s.sendPage(w, r, page, func(m web.Markup) web.Markup {
		if number > 1 {
			m = m.HTML("<h1>").Text(page.Title).HTML("</h1>\n")
		}
		if len(entries) == 0 {
			m = writeEmpty(m, t)
		}
		for _, e := range entries[:min(len(entries), pageSize)] {
			m = writeEntry(m, e)
		}
		return writeNeighbours(m, number, len(entries) > pageSize)
	})
	return nil
}

func writeEntry(m web.Markup, e post.Entry) web.Markup {
	m = m.HTML("<article class=\"entry\">\n<h2><a href=\"/").Text(e.Slug).HTML("/\">").Text(e.Title).HTML("</a></h2>\n")
	m = m.HTML("<p class=\"meta\">").Day(e.PublishedAt)
	if e.Author != "" {
		m = m.HTML(" · ").Text(e.Author)
	}
	m = m.HTML("</p>\n")
	if e.Summary != "" {
		m = m.HTML("<p>").Text(e.Summary).HTML("</p>\n")
	}
	return m.HTML("</article>\n")
}

func writeEmpty(m web.Markup, t *tenant) web.Markup {
	m = m.HTML("<div class=\"empty\">\n<h2>Nothing here yet</h2>\n<p>The first post of ").Text(t.DisplayName)
	return m.HTML(" is still to be written. Come back soon, or follow the <a href=\"").Text(feedPath).HTML("\">feed</a>.</p>\n</div>\n")
}

// writeNeighbours links to the pages before and after.
func writeNeighbours(m web.Markup, number int, more bool) web.Markup {
	if number == 1 && !more {
		return m
	}
	m = m.HTML("<nav class=\"pages\" aria-label=\"Pages\">\n")
	if number > 1 {
		m = m.HTML("<a href=\"").Text(pageAddress(number - 1)).HTML("\" rel=\"prev\">Newer posts</a>\n")
	}
	if more {
		m = m.HTML("<a href=\"").Text(pageAddress(number + 1)).HTML("\" rel=\"next\">Older posts</a>\n")
	}
	return m.HTML("</nav>\n")
}

// pageAddress returns where a page of the list is.
func pageAddress(number int) string {
	if number == 1 {
		return "/"
	}
	return "/page/" + strconv.Itoa(number) + "/"
}

// page returns what the layout shows on every page of a tenant.
func (t *tenant) page(title string) web.Page {
	return web.Page{Title: title, Site: t.DisplayName, Feed: feedPath, Writing: loginToWrite}
}

// addSlash leads to the address that posts and pages have.
func (s *site) addSlash(w http.ResponseWriter, r *http.Request, _ *tenant) error {
	if !isPlainPath(r.URL.Path) {
		return post.ErrNotFound
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

// redirect answers for good with another path of the same host, whatever scheme and port it was reached by.
func redirect(w http.ResponseWriter, path string) {
	w.Header().Set("Location", path)
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusMovedPermanently)
}
