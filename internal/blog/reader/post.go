package reader

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// updatedAfter is the time after publication from which the date of a change is shown.
const updatedAfter = 24 * time.Hour

// smallPost is the size of the HTML of a post, in bytes, up to which it is read at once. Most posts have about 10 kB. Memory
// for larger ones is reserved before they are read.
const smallPost = 128 << 10

func (rd *Reader) post(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	slug := r.PathValue("slug")
	if !post.IsSlug(slug) { // the database refuses text with a NUL
		return post.ErrNotFound
	}
	page, err := rd.readPost(r, t, func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error) {
		found, err := post.NewStore(t.SchemaName).BySlug(ctx, db, rd.Now(), slug, maxHTML)
		return postPage(t, found), found, err
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, t, page)
}

// readPost returns the page of a post. find leaves the HTML of the post out if that is larger than maxHTML bytes.
func (rd *Reader) readPost(r *http.Request, t *directory.Tenant,
	find func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error),
) (page *web.HTMLWriter, err error) {
	read := func(maxHTML int) (size int, err error) {
		err = rd.query(r, t, func(ctx context.Context, db postgres.Querier) error {
			frame, found, err := find(ctx, db, maxHTML)
			if err == nil && found.HTMLBytes <= maxHTML {
				page = rd.write(frame, func(m web.HTMLWriter) web.HTMLWriter { return writePost(m, found) })
			}
			size = found.HTMLBytes
			return err
		})
		return size, err
	}
	size, err := read(smallPost)
	if err != nil || page != nil {
		return page, err
	}
	release, err := rd.inFlight.Reserve(t.ID, 2*int64(size)) // for the row as it is received, and for its HTML
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err = read(size); err == nil && page == nil {
		err = site.ErrBusy // it has grown meanwhile
	}
	return page, err
}

// postPage returns the layout of the page of a post.
func postPage(t *directory.Tenant, p post.Post) web.Page {
	page := site.Page(t, nameOf(p.Entry))
	page.Description = cmp.Or(p.Description, p.Summary)
	page.Canonical = cmp.Or(p.CanonicalURL, t.Origin+site.PostPath(p.Slug))
	return page
}

// writePost writes a post.
func writePost(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	if p.Direction == "" { // the former version of the program has saved it
		text := language.Guess(p.Title + " " + p.Summary)
		p.Direction, p.Language = text.Direction(), text.Tag
	}
	m = m.HTML("<article class=\"post\" dir=\"").Text(p.Direction).HTML("\" lang=\"").Text(p.Language).HTML("\">\n<header>\n")
	if p.Title != "" {
		m = m.HTML("<h1>").Text(p.Title).HTML("</h1>\n")
	}
	m = m.HTML("<p class=\"meta\" lang=\"en\">").Day(p.PublishedAt)
	if p.Author != "" {
		m = writeAuthor(m, p.Author)
	}
	if p.UpdatedAt.Sub(p.PublishedAt) > updatedAfter {
		m = m.HTML(" · Updated ").Day(p.UpdatedAt)
	}
	m = m.HTML("</p>\n</header>\n<div class=\"prose\">\n").Sanitized(p.HTML).HTML("</div>\n</article>\n")
	return m.HTML("<nav class=\"pages\" aria-label=\"Pages\"><a href=\"/\">All posts</a></nav>\n")
}

func writeAuthor(m web.HTMLWriter, author string) web.HTMLWriter {
	return m.HTML(" · <bdi lang=\"\">").Text(author).HTML("</bdi>")
}
