package reader

import (
	"context"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// maxPage bounds the offset that a page number leads to.
const maxPage = 100_000

func (rd *Reader) firstPage(w http.ResponseWriter, r *request) error { return rd.index(w, r, 1) }

func (rd *Reader) numberedPage(w http.ResponseWriter, r *request) error {
	return rd.numbered(w, r, "/", func(number int) error { return rd.index(w, r, number) })
}

// numbered calls show with the number in the path of a page of a list whose first page has the path base, which the first number
// redirects to.
func (rd *Reader) numbered(w http.ResponseWriter, r *request, base string, show func(number int) error) error {
	number, err := strconv.Atoi(r.PathValue("number"))
	switch {
	case err != nil || number < 1 || number > maxPage || strconv.Itoa(number) != r.PathValue("number"):
		return rd.notFound(w, r)
	case number == 1:
		web.Move(w, r.received, base)
		return nil
	}
	return show(number)
}

// index shows one page of the list of posts. Pages are numbered, and read by offset: unlike a position in the list, a
// number can be guessed, linked and counted, and the index whose rows are skipped has a few hundred posts of one blog.
func (rd *Reader) index(w http.ResponseWriter, r *request, number int) error {
	var page *web.HTMLWriter
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) error {
		var entries []post.Entry
		err := rd.withShape(r, func(s shape) (err error) {
			// One more than is shown, to know whether there is another page.
			entries, err = r.posts().ListWith(ctx, db, s.parts(), r.now, s.pageSize+1, (number-1)*s.pageSize)
			return err
		})
		switch {
		case err != nil:
			return err
		case len(entries) == 0 && number > 1:
			return post.ErrNotFound
		}
		page = rd.writeIndex(r, number, entries)
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

// writeIndex writes a page with the first entries, as many as a page has. More say that there is another page.
func (rd *Reader) writeIndex(r *request, number int, entries []post.Entry) *web.HTMLWriter {
	page, size := r.page(r.tenant.DisplayName), r.settings.PageSize()
	page.Home, page.Description = number == 1, r.settings.Tagline
	page.Canonical = r.tenant.Origin + pagePath("/", number)
	page.Preview = &web.LinkPreview{Type: "website"}
	if number > 1 {
		page.Title = "Page " + strconv.Itoa(number)
	}
	shown, more := entries[:min(len(entries), size)], len(entries) > size
	return rd.write(page, func(m web.HTMLWriter) web.HTMLWriter {
		if number > 1 {
			m = page.English(m.HTML("<div class=\"column\"><h1")).HTML(">").Text(page.Title).HTML("</h1></div>\n")
		}
		above := r.theme().Index == theme.Dates // the words of the author come before dates and titles
		if above && number == 1 {
			m = r.writeAbout(m)
		}
		if len(shown) == 0 {
			m = r.writeEmpty(m, page)
		} else {
			m = r.writeList(m, shown, number == 1)
		}
		m = writePageLinks(m, page, "/", number, more)
		if !above && number == 1 {
			m = r.writeAbout(m)
		}
		return m
	})
}

// writeList writes a page of the list of posts in the layout of the theme. first says that it is the beginning of the list.
func (r *request) writeList(m web.HTMLWriter, entries []post.Entry, first bool) web.HTMLWriter {
	switch r.theme().Index {
	case theme.Contents:
		return r.writeContents(m, entries, first)
	case theme.Cards:
		return r.writeCards(m, entries, first)
	case theme.Stream:
		return r.writeStream(m, entries)
	case theme.Wall:
		return r.writeWall(m, entries)
	}
	return r.writeEntries(m.HTML("<div class=\"column\">\n"), entries).HTML("</div>\n")
}

func (r *request) writeEmpty(m web.HTMLWriter, page web.Page) web.HTMLWriter {
	m = page.English(m.HTML("<div class=\"empty column\"")).HTML(">\n<h2>Nothing here yet</h2>\n<p>")
	if r.username != "" {
		return m.HTML("<a href=\"").Text(site.NewPostPath).HTML("\">Write the first post</a></p>\n</div>\n")
	}
	m = m.HTML("<bdi lang=\"\">").Text(r.tenant.DisplayName)
	return m.HTML("</bdi> has no posts yet. Come back soon, or subscribe to the <a href=\"").Text(site.FeedPath).HTML("\">feed</a>.</p>\n</div>\n")
}

// writePageLinks links to the previous and the next page of a list whose first page has the path base.
func writePageLinks(m web.HTMLWriter, page web.Page, base string, number int, more bool) web.HTMLWriter {
	if number == 1 && !more {
		return m
	}
	m = page.English(m.HTML("<nav class=\"pages column\" aria-label=\"Pages\"")).HTML(">\n")
	if number > 1 {
		m = m.HTML("<a href=\"").Text(pagePath(base, number-1)).HTML("\" rel=\"prev\">Newer posts</a>\n")
	}
	if more {
		m = m.HTML("<a href=\"").Text(pagePath(base, number+1)).HTML("\" rel=\"next\">Older posts</a>\n")
	}
	return m.HTML("</nav>\n")
}

// pagePath returns the path of a page of a list whose first page has the path base.
func pagePath(base string, number int) string {
	if number == 1 {
		return base
	}
	return base + "page/" + strconv.Itoa(number) + "/"
}
