package reader

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// pageSize is the number of posts on one page.
	pageSize = 10
	// maxPage bounds the offset that a page number leads to.
	maxPage = 100_000
)

func (rd *Reader) firstPage(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	return rd.index(w, r, t, 1)
}

func (rd *Reader) numberedPage(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 1 || number > maxPage || strconv.Itoa(number) != r.PathValue("number") {
		return post.ErrNotFound
	}
	if number == 1 {
		web.Move(w, r, "/")
		return nil
	}
	return rd.index(w, r, t, number)
}

// index shows one page of the list of posts. Pages are numbered, and read by offset: unlike a position in the list, a
// number can be guessed, linked and counted, and the index whose rows are skipped has a few hundred posts of one blog.
func (rd *Reader) index(w http.ResponseWriter, r *http.Request, t *directory.Tenant, number int) error {
	var page *web.HTMLWriter
	err := rd.query(r, t, func(ctx context.Context, db postgres.Querier) error {
		// One more than is shown, to know whether there is another page.
		entries, err := post.NewStore(t.SchemaName).List(ctx, db, rd.Now(), pageSize+1, (number-1)*pageSize)
		switch {
		case err != nil:
			return err
		case len(entries) == 0 && number > 1:
			return post.ErrNotFound
		}
		page = rd.writeIndex(t, number, entries)
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, t, page)
}

// writeIndex writes a page with the first pageSize entries. More say that there is another page.
func (rd *Reader) writeIndex(t *directory.Tenant, number int, entries []post.Entry) *web.HTMLWriter {
	page := site.Page(t, t.DisplayName)
	page.Home = number == 1
	page.Canonical = t.Origin + pagePath(number)
	if number > 1 {
		page.Title = "Page " + strconv.Itoa(number)
	}
	return rd.write(page, func(m web.HTMLWriter) web.HTMLWriter {
		if number > 1 {
			m = m.HTML("<h1>").Text(page.Title).HTML("</h1>\n")
		}
		if len(entries) == 0 {
			m = writeEmpty(m, t)
		}
		for _, e := range entries[:min(len(entries), pageSize)] {
			m = writeEntry(m, e)
		}
		return writePageLinks(m, number, len(entries) > pageSize)
	})
}

func writeEntry(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	m = m.HTML("<article class=\"entry\">\n<h2 dir=\"auto\" lang=\"\"><a href=\"").Text(site.PostPath(e.Slug)).HTML("\">").Text(nameOf(e)).HTML("</a></h2>\n")
	m = m.HTML("<p class=\"meta\">").Day(e.PublishedAt)
	if e.Author != "" {
		m = writeAuthor(m, e.Author)
	}
	m = m.HTML("</p>\n")
	if e.Summary != "" {
		m = m.HTML("<p dir=\"auto\" lang=\"\">").Text(e.Summary).HTML("</p>\n")
	}
	return m.HTML("</article>\n")
}

// nameOf returns what names a post: its title, its first words, or its date.
func nameOf(e post.Entry) string { return cmp.Or(e.Name(), web.Day(e.PublishedAt)) }

func writeEmpty(m web.HTMLWriter, t *directory.Tenant) web.HTMLWriter {
	m = m.HTML("<div class=\"empty\">\n<h2>Nothing here yet</h2>\n<p><bdi lang=\"\">").Text(t.DisplayName)
	return m.HTML("</bdi> has no posts yet. Come back soon, or subscribe to the <a href=\"").Text(site.FeedPath).HTML("\">feed</a>.</p>\n</div>\n")
}

// writePageLinks links to the previous and the next page.
func writePageLinks(m web.HTMLWriter, number int, more bool) web.HTMLWriter {
	if number == 1 && !more {
		return m
	}
	m = m.HTML("<nav class=\"pages\" aria-label=\"Pages\">\n")
	if number > 1 {
		m = m.HTML("<a href=\"").Text(pagePath(number - 1)).HTML("\" rel=\"prev\">Newer posts</a>\n")
	}
	if more {
		m = m.HTML("<a href=\"").Text(pagePath(number + 1)).HTML("\" rel=\"next\">Older posts</a>\n")
	}
	return m.HTML("</nav>\n")
}

// pagePath returns the path of a page of the list.
func pagePath(number int) string {
	if number == 1 {
		return "/"
	}
	return "/page/" + strconv.Itoa(number) + "/"
}
