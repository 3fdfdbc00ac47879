package reader

import (
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// updatedAfter is the time after publication from which the date of a change is shown.
const updatedAfter = 24 * time.Hour

func (rd *Reader) post(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	slug := r.PathValue("slug")
	// No post can have such a slug, and the database refuses text with a NUL.
	if len(slug) > post.MaxSlugLength || !site.IsPlainPath("/"+slug) || strings.Contains(slug, "/") {
		return post.ErrNotFound
	}
	ctx, cancel := site.StatementContext(r)
	defer cancel()
	found, err := post.NewStore(t.SchemaName).BySlug(ctx, rd.db, rd.Now(), slug)
	if err != nil {
		return err
	}
	page := site.Page(t, found.Title)
	page.Description = found.Summary
	page.Canonical = t.Origin + "/" + found.Slug + "/"
	rd.sendPage(w, r, page, func(m web.HTMLWriter) web.HTMLWriter { return writePost(m, found) })
	return nil
}

func writePost(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	m = m.HTML("<article class=\"post\">\n<header>\n<h1>").Text(p.Title).HTML("</h1>\n<p class=\"meta\">").Day(p.PublishedAt)
	if p.Author != "" {
		m = m.HTML(" · ").Text(p.Author)
	}
	if p.UpdatedAt.Sub(p.PublishedAt) > updatedAfter {
		m = m.HTML(" · Updated ").Day(p.UpdatedAt)
	}
	m = m.HTML("</p>\n</header>\n<div class=\"prose\">\n").Sanitized(p.HTML).HTML("</div>\n</article>\n")
	return m.HTML("<nav class=\"pages\" aria-label=\"Pages\"><a href=\"/\">All posts</a></nav>\n")
}
