package reader

import (
	"context"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/content/search"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxFound is how many posts a search shows: the best.
	maxFound = 20
	// suggested is how many of the latest posts are suggested where there is nothing else to show.
	suggested = 5
)

// searchPolicy allows the form of the page.
var searchPolicy = []string{web.SearchPolicy}

// search shows a field, and the posts with the words in it, or else the latest ones.
func (rd *Reader) search(w http.ResponseWriter, r *request) error {
	w.Header()["Content-Security-Policy"] = searchPolicy
	r.unlisted = true
	q := search.Parse(r.URL.Query().Get("q"))
	var page *web.HTMLWriter
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) (err error) {
		var (
			found  []post.Found
			latest []post.Entry
		)
		if q.IsEmpty() {
			latest, err = r.posts().List(ctx, db, r.now, suggested, 0)
		} else {
			found, err = r.posts().Search(ctx, db, r.now, q, maxFound+1)
		}
		if err == nil {
			page = rd.writeSearch(r, q, found, latest)
		}
		return err
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

// writeSearch writes the page of a search. Without a canonical address, search engines are asked not to list it.
func (rd *Reader) writeSearch(r *request, q search.Query, found []post.Found, latest []post.Entry) *web.HTMLWriter {
	page := r.page("Search")
	if q.Text != "" {
		page.Title = "Search: " + q.Text
	}
	return rd.write(page, func(m web.HTMLWriter) web.HTMLWriter {
		m = page.English(m.HTML("<div class=\"column\">\n<h1")).HTML(">Search</h1>\n")
		m = writeSearchForm(m, page, q.Text)
		if !q.IsEmpty() {
			m = writeCount(m, page, len(found))
			for _, f := range found[:min(len(found), maxFound)] {
				m = r.writeFound(m, q, f)
			}
		}
		m = writeSearchHint(m, page, q)
		if len(latest) > 0 {
			m = r.writeEntries(page.English(m.HTML("<h2")).HTML(">Latest posts</h2>\n"), latest)
		}
		return m.HTML("</div>\n")
	})
}

// writeSearchForm writes a field for a search. A page with it needs searchPolicy.
func writeSearchForm(m web.HTMLWriter, page web.Page, text string) web.HTMLWriter {
	m = page.English(m.HTML("<form class=\"search\" role=\"search\" action=\"" + site.SearchPath + "\"")).HTML(">\n<label for=\"page.q\">Search this blog</label>\n")
	m = m.HTML("<input type=\"search\" id=\"page.q\" name=\"q\" lang=\"\" dir=\"auto\" maxlength=\"200\" autocomplete=\"off\" value=\"").Text(text)
	return m.HTML("\">\n<button>Search</button>\n</form>\n")
}

func writeCount(m web.HTMLWriter, page web.Page, count int) web.HTMLWriter {
	m = page.English(m.HTML("<p role=\"status\"")).HTML(">")
	switch {
	case count == 0:
		m = m.HTML("No post has all of these words.")
	case count == 1:
		m = m.HTML("1 post.")
	case count > maxFound:
		m = m.HTML("The ").Text(strconv.Itoa(maxFound)).HTML(" best of more posts. More words find fewer.")
	default:
		m = m.Text(strconv.Itoa(count)).HTML(" posts, the best first.")
	}
	return m.HTML("</p>\n")
}

// writeFound writes a post as lists do, with the part of its text where the words are.
func (r *request) writeFound(m web.HTMLWriter, q search.Query, f post.Found) web.HTMLWriter {
	r.markUp(&f.Entry)
	m = m.HTML("<article class=\"entry\" dir=\"").Text(f.Direction).HTML("\" lang=\"").Text(f.Language).HTML("\">\n<h2><a href=\"").Text(site.PostPath(f.Slug)).HTML("\"><bdi>")
	m = writePieces(m, q.Highlight(r.nameOf(f.Entry))).HTML("</bdi></a></h2>\n<p class=\"meta\" lang=\"en\">").Day(f.PublishedAt, r.zone()).HTML("</p>\n<p>")
	excerpt := q.Excerpt(render.TextOf(f.HTML))
	if excerpt == nil {
		excerpt = q.Highlight(f.Summary)
	}
	return writePieces(m, excerpt).HTML("</p>\n</article>\n")
}

func writePieces(m web.HTMLWriter, pieces []search.Piece) web.HTMLWriter {
	for _, p := range pieces {
		if p.Found {
			m = m.HTML("<mark>").Text(p.Text).HTML("</mark>")
		} else {
			m = m.Text(p.Text)
		}
	}
	return m
}

// writeSearchHint says what a search finds, and what it does not.
func writeSearchHint(m web.HTMLWriter, page web.Page, q search.Query) web.HTMLWriter {
	m = page.English(m.HTML("<p class=\"aside\"")).HTML(">A search finds posts and pages with all of the words, or with words that begin like them.")
	if len(q.Parts) > 0 {
		m = m.HTML(" Words of scripts without spaces, such as Chinese, Japanese and Thai, are found as they are written, anywhere in a text: of the newest ")
		m = m.Text(strconv.Itoa(post.MaxScanned)).HTML(" posts, unless there are other words.")
	}
	return m.HTML("</p>\n")
}
