package blog

import (
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// updatedAfter is how long after its publication a change of a post is worth to be shown.
const updatedAfter = 24 * time.Hour

func (s *site) post(w http.ResponseWriter, r *http.Request, t *tenant) error {
	slug := r.PathValue("slug")
	// What cannot be a post is not worth a statement; the database has no NUL in its text either.
	if len(slug) > post.MaxSlugLength || !isPlainPath("/"+slug) || strings.Contains(slug, "/") {
		return post.ErrNotFound
	}
	ctx, cancel := statementContext(r)
	defer cancel()
	post, err := t.posts().BySlug(ctx, s.pool, s.now(), slug)
	if err != nil {
		return err
	}
	page := t.page(post.Title)
	page.Description = post.Summary
	page.Canonical = t.origin + "/" + post.Slug + "/"
	s.sendPage(w, r, page, func(m web.Markup) web.Markup { return writePost(m, post) })
	return nil
}

func writePost(m web.Markup, post post.Post) web.Markup {
	m = m.HTML("<article class=\"post\">\n<header>\n<h1>").Text(post.Title).HTML("</h1>\n<p class=\"meta\">").Day(post.PublishedAt)
	if post.Author != "" {
		m = m.HTML(" · ").Text(post.Author)
	}
	if post.UpdatedAt.Sub(post.PublishedAt) > updatedAfter {
		m = m.HTML(" · Updated ").Day(post.UpdatedAt)
	}
	m = m.HTML("</p>\n</header>\n<div class=\"prose\">\n").Sanitised(post.HTML).HTML("</div>\n</article>\n")
	return m.HTML("<nav class=\"pages\" aria-label=\"Pages\"><a href=\"/\">All posts</a></nav>\n")
}

func (s *site) robots(w http.ResponseWriter, r *http.Request, _ *tenant) error {
	s.send(w, r, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: "+loginPath+"\nDisallow: "+writePath+"\n"))
	return nil
}
