package blog

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/posts"
	"github.com/echoblogs/echoblogs/internal/web"
)

// updatedAfter is how long after its publication a change of a post is worth to be shown.
const updatedAfter = 24 * time.Hour

// postPage is the data of the template post.
type postPage struct {
	web.Page
	Author string
	// Published and Updated are shown as days. Updated is empty where it is about the same day.
	Published, Updated day
	// Content is sanitised HTML.
	Content template.HTML
}

// day is a day in UTC in the two forms that a page has of it.
type day struct {
	Machine, Human string
}

func newDay(t time.Time) day {
	t = t.UTC()
	return day{t.Format(time.RFC3339), t.Format(dateLayout)}
}

func (s *site) post(w http.ResponseWriter, r *http.Request, t *tenant) error {
	slug := r.PathValue("slug")
	// What cannot be a post is not worth a statement; the database has no NUL in its text either.
	if len(slug) > posts.MaxSlugLength || !isPlainPath("/"+slug) || strings.Contains(slug, "/") {
		return posts.ErrNotFound
	}
	ctx, cancel := statementContext(r)
	defer cancel()
	post, err := t.posts.BySlug(ctx, s.pool, s.now(), slug)
	if err != nil {
		return err
	}
	data := postPage{
		Page:      t.page(post.Title),
		Author:    post.Author,
		Published: newDay(post.PublishedAt),
		Content:   template.HTML(post.HTML), //nolint:gosec // sanitised when it was written
	}
	data.Description = post.Summary
	data.Canonical = t.origin + "/" + post.Slug + "/"
	if post.UpdatedAt.Sub(post.PublishedAt) > updatedAfter {
		data.Updated = newDay(post.UpdatedAt)
	}
	return s.sendPage(w, r, "post", data)
}

func (s *site) robots(w http.ResponseWriter, r *http.Request, _ *tenant) error {
	s.send(w, r, "text/plain; charset=utf-8", []byte("User-agent: *\nAllow: /\n"))
	return nil
}
