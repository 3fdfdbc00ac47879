package reader

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// updatedAfter is the time after publication from which the date of a change is shown.
const updatedAfter = 24 * time.Hour

// smallPost is the size of the HTML of a post, in bytes, up to which it is read at once. Most posts have about 10 kB. Memory
// for larger ones is reserved before they are read.
const smallPost = 128 << 10

func (rd *Reader) post(w http.ResponseWriter, r *request) error {
	slug := r.PathValue("slug")
	if !post.IsSlug(slug) { // the database refuses text with a NUL
		return rd.notFound(w, r)
	}
	page, err := rd.readPost(r, func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error) {
		found, err := r.posts().BySlug(ctx, db, r.now, slug, maxHTML)
		if err != nil {
			return web.Page{}, post.Post{}, err
		}
		frame := r.postPage(&found)
		if r.unlisted = found.Unlisted; r.unlisted {
			frame.NoIndex = true
		}
		if r.username != "" {
			frame.OwnerLinks = slices.Insert(frame.OwnerLinks, 1, web.Link{Address: site.EditPath(found.Slug), Text: "Edit"})
		}
		return frame, found, nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

// readPost returns the page of a post. find leaves the HTML of the post out if that is larger than maxHTML bytes.
func (rd *Reader) readPost(r *request,
	find func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error),
) (page *web.HTMLWriter, err error) {
	read := func(maxHTML int) (size int, err error) {
		err = rd.query(r, rd.queueFrame(r), func(ctx context.Context, db postgres.Querier) error {
			frame, found, err := find(ctx, db, maxHTML)
			if err == nil && found.HTMLBytes <= maxHTML {
				page = rd.write(frame, func(m web.HTMLWriter) web.HTMLWriter { return r.writePost(m, frame, found) })
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
	release, err := rd.inFlight.Reserve(r.tenant.ID, 2*int64(size)) // for the row as it is received, and for its HTML
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err = read(size); err == nil && page == nil {
		err = site.ErrBusy // it has grown meanwhile
	}
	return page, err
}

// postPage returns the layout of the page of a post, and completes the language of the post.
func (r *request) postPage(p *post.Post) web.Page {
	r.markUp(&p.Entry)
	page := r.page(r.nameOf(p.Entry))
	page.Description = cmp.Or(p.Description, p.Summary)
	page.Canonical = cmp.Or(p.CanonicalURL, r.tenant.Origin+site.PostPath(p.Slug))
	page.Preview = &web.LinkPreview{Type: "article", Image: r.absolute(p.Cover), ImageAlt: p.CoverAlt, PublishedAt: p.PublishedAt}
	return page
}

// writePost writes a post.
func (r *request) writePost(m web.HTMLWriter, page web.Page, p post.Post) web.HTMLWriter {
	m = m.HTML("<article class=\"post\" dir=\"").Text(p.Direction).HTML("\" lang=\"").Text(p.Language).HTML("\">\n<header>\n")
	if p.Title != "" {
		m = writeTitle(m, p)
	}
	m = m.HTML("<p class=\"meta\" lang=\"en\">").Day(p.PublishedAt, r.zone())
	if p.Author != "" {
		m = writeAuthor(m, p.Author)
	}
	if p.UpdatedAt.Sub(p.PublishedAt) > updatedAfter {
		m = m.HTML(" · Updated ").Day(p.UpdatedAt, r.zone())
	}
	m = m.HTML("</p>\n")
	if p.Cover != "" {
		m = m.HTML("<img class=\"cover\" src=\"").Text(p.Cover).HTML("\" alt=\"").Text(p.CoverAlt).HTML("\">\n")
	}
	m = m.HTML("</header>\n<div class=\"prose\">\n").Sanitized(p.HTML).HTML("</div>\n")
	m = writeTags(m, p.Tags).HTML("</article>\n")
	m = page.English(m.HTML("<nav class=\"pages\" aria-label=\"Pages\"")).HTML(">")
	return m.HTML("<a href=\"/\">All posts</a></nav>\n")
}

// writeTitle writes the title of a post, which leads to what a link post is about.
func writeTitle(m web.HTMLWriter, p post.Post) web.HTMLWriter {
	if p.Link == "" {
		return m.HTML("<h1>").Text(p.Title).HTML("</h1>\n")
	}
	return m.HTML("<h1><a href=\"").Text(p.Link).HTML("\">").Text(p.Title).HTML("</a></h1>\n")
}

func writeTags(m web.HTMLWriter, tags []string) web.HTMLWriter {
	if len(tags) == 0 {
		return m
	}
	m = m.HTML("<ul class=\"tags\">\n")
	for _, tag := range tags {
		m = m.HTML("<li lang=\"\"><bdi>").Text(tag).HTML("</bdi></li>\n")
	}
	return m.HTML("</ul>\n")
}

func writeAuthor(m web.HTMLWriter, author string) web.HTMLWriter {
	return m.HTML(" · <bdi lang=\"\">").Text(author).HTML("</bdi>")
}
